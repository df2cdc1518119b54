// What a RocksDB engine is made of, and how it is opened and opened again.
#pragma once

#include <varve/adapters/descriptor.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/rocksdb/durable_mark.hpp>
#include <varve/eventstore/rocksdb/object.hpp>
#include <varve/eventstore/rocksdb/opener.hpp>
#include <varve/eventstore/rocksdb/options.hpp>
#include <varve/eventstore/rocksdb/place.hpp>
#include <varve/eventstore/rocksdb/survey.hpp>
#include <varve/eventstore/rocksdb/view.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// An open engine, behind a pointer so that the engine can move.
struct rocksdb_state {
    std::string given_path;
    rocksdb_engine_options options;
    named_spaces spaces;
    rocksdb_place place;
    std::shared_ptr<rocksdb::Cache> cache{};  // of all openings
    std::shared_ptr<void> lock{};             // before the object: given up after it is closed
    std::mutex mutex{};                       // guards `object` and what a reader knows
    std::shared_ptr<rocksdb_object> object{};
    std::string seen{};    // of the files, when a reader's object was opened
    std::string poison{};  // why nothing is written until `reopen`
    std::int64_t process = process_id();

    /// RocksDB's threads do not live on in a child of `fork`, and its locks are the parent's.
    result<void> check_process() const {
        if (process == process_id()) return {};
        return fail(errc::invalid_argument,
                    "'" + given_path + "' was opened before fork(); open it in this process");
    }

    ~rocksdb_state() {
        if (process == process_id()) {
            if (object) object->retire();
        } else {
            new std::shared_ptr<rocksdb_object>{object};  // not this process's to close
            new std::shared_ptr<void>{lock};
        }
    }

    // ---- for writing ---------------------------------------------------------------------------

    result<void> open_for_writing() {
        // on a simulated disk the lock is lost with the power; a real one is kept over `reopen`
        if (!place.real()) lock.reset();
        auto found = look();
        if (!found) return pass_on(std::move(found));
        if (!lock) {
            auto taken = place.lock(options.holder);
            if (!taken) return pass_on(std::move(taken));
            lock = std::move(*taken);
            found = look();  // again: it may have been created meanwhile
            if (!found) return pass_on(std::move(found));
        }
        const bool make = found->what != rocksdb_found::engine;
        rocksdb_survey survey;
        if (make) {
            if (auto done = place.begin_making(); !done) return done;
        } else {
            auto made = rocksdb_survey::make(place.files(), {});
            if (!made) return pass_on(std::move(made));
            if (auto fine = ask_judge(*made); !fine) return fine;
            if (auto fine = ask_admission(*made); !fine) return fine;
            if (auto done = made->write_logs_again(place.files()); !done) return done;
            survey = std::move(*made);
        }
        auto fresh = opener().for_writing(survey, make);
        if (!fresh) return named(std::move(fresh));
        if (auto done = opener().settle(**fresh, found->store, make); !done) {
            (*fresh)->retire();
            return named(std::move(done));
        }
        use(std::move(*fresh));
        return {};
    }

    /// Errors: `not_found`, `foreign`, `corrupt`, `denied`, `io`.
    result<rocksdb_found> look() const {
        auto found = place.look();
        if (!found || options.create || found->what == rocksdb_found::engine) return found;
        if (found->what == rocksdb_found::nothing)
            return fail(errc::not_found, "there is no store at '" + given_path + "'");
        return fail(errc::foreign, "'" + given_path + "' is empty; there is no store in it");
    }

    /// A broken log is opened only if whoever may judge says so.
    result<void> ask_judge(const rocksdb_survey& survey) const {
        const bool torn = survey.damage.empty();
        // a reader leaves a torn end where it is
        if (torn && (!survey.torn || !options.recovery_judge || options.read_only)) return {};
        const bool weak = options.durability != rocksdb_durability::full;
        if (weak && !options.recovery_judge) return {};
        result<bool> fine = false;
        if (options.recovery_judge) {
            auto reading = opener().for_reading(survey.bounds);
            if (!reading) return named(std::move(reading));
            rocksdb_view left{std::move(*reading), true};
            fine = options.recovery_judge(
                {.found = torn ? "the end of the log is torn, as by a power cut" : survey.damage,
                 .torn = torn,
                 .left = left,
                 .files = place.files()});
        }
        if (!fine) return pass_on(std::move(fine));
        if (*fine) return {};
        return fail(errc::corrupt,
                    (torn ? "the log of '" + given_path + "' is torn" : survey.damage) +
                        "; what would be left ends there, and was not accepted; restore the store "
                        "from a backup, or accept the loss by repairing it");
    }

    /// Looks at the store as a reader does, before anything is written.
    result<void> ask_admission(const rocksdb_survey& survey) const {
        if (!options.admit) return {};
        auto reading = opener().for_reading(survey.bounds);
        if (!reading) return named(std::move(reading));
        rocksdb_view there{std::move(*reading), true};
        return options.admit(there, place.files());
    }

    // ---- for reading ---------------------------------------------------------------------------

    result<void> open_for_reading() {
        auto found = place.look();
        if (!found) return pass_on(std::move(found));
        if (found->what == rocksdb_found::nothing)
            return fail(errc::not_found, "there is no store at '" + given_path + "'");
        if (found->what != rocksdb_found::engine)
            return fail(errc::foreign, "'" + given_path + "' is empty; there is no store in it");
        if (auto same = found->store.add(spaces); !same) return pass_on(std::move(same));
        {
            const std::lock_guard guard{mutex};
            seen.clear();
        }
        auto first = reading();
        if (!first) return pass_on(std::move(first));
        return {};
    }

    /// What is durable now. RocksDB's read-only object does not follow the writer, and the one that
    /// follows shows what is not synced, and loses what is flushed meanwhile (rocksdb issues 7815,
    /// 14444). So a fresh one is opened when the writer has moved on.
    result<std::shared_ptr<rocksdb_object>> reading() {
        const std::lock_guard guard{mutex};
        result<std::shared_ptr<rocksdb_object>> fresh = fail(errc::io, "");
        for (int tries = 0; tries < 100; ++tries) {
            rocksdb_bounds bounds;
            if (place.real())
                if (const auto told = read_durable_mark(place.path())) bounds.durable = *told;
            auto now = picture(bounds.durable);
            if (!now) return pass_on(std::move(now));
            if (object && *now == seen) return object;
            fresh = fresh_reader(bounds);
            // while it was opened the writer may have moved what was in the log
            const auto later = picture(bounds.durable);
            if (!later || *later != *now) continue;
            if (!fresh) return named(std::move(fresh));
            object = *fresh;
            seen = std::move(*now);
            return object;
        }
        return fail(errc::io, "'" + given_path +
                                  "': the writer replaces its files faster than they "
                                  "can be opened; try again");
    }

    result<std::shared_ptr<rocksdb_object>> fresh_reader(const rocksdb_bounds& bounds) {
        auto survey = rocksdb_survey::make(place.files(), bounds);
        if (!survey) return pass_on(std::move(survey));
        if (auto fine = ask_judge(*survey); !fine) return pass_on(std::move(fine));
        return opener().for_reading(survey->bounds);
    }

    /// What a reader's object depends on: the mark, or without one the logs; and the MANIFEST.
    result<std::string> picture(const rocksdb_mark& durable) const {
        const auto& files = place.files();
        auto current = files.read("CURRENT");
        if (!current) return pass_on(std::move(current));
        std::string text = current->value_or("");
        const auto size = [&](const std::string& name) {
            std::uint64_t bytes = 0;
            (void)files.system()->GetFileSize(files.path(name), {}, &bytes, nullptr);
            return " " + name + " " + std::to_string(bytes);
        };
        if (!text.empty()) text += size(text.substr(0, text.size() - 1));
        if (durable.log != rocksdb_bounds::none)
            return text + std::to_string(durable.log) + " " + std::to_string(durable.size);
        auto names = files.names();
        if (!names) return pass_on(std::move(names));
        for (const auto& name : *names)
            if (log_number(name)) text += size(name);
        return text;
    }

    // ---- both ----------------------------------------------------------------------------------

    rocksdb_opener opener() const { return {options, spaces, place, cache}; }

    void use(std::shared_ptr<rocksdb_object> fresh) {
        const std::lock_guard guard{mutex};
        object.swap(fresh);
    }

    /// A failure that says which store it is about.
    template <class T>
    std::unexpected<failure> named(result<T>&& failed) const {
        return fail(failed.error().code, "'" + given_path + "': " + failed.error().message);
    }
};

}  // namespace varve::inline v0::detail
