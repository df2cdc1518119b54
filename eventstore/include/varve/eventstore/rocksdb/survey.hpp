// Looks at what lies in the folder of a RocksDB store before RocksDB does: whole, torn or damaged.
#pragma once

#include <varve/adapters/rocksdb.hpp>
#include <varve/eventstore/rocksdb/files.hpp>
#include <varve/eventstore/rocksdb/gate.hpp>
#include <varve/eventstore/rocksdb/log_scan.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// The logs of a store, and how much of them RocksDB is to see.
struct rocksdb_survey {
    rocksdb_bounds bounds;  ///< What is broken is cut off.
    bool torn = false;  ///< Something was cut that had never been durable, as after a power cut.
    std::vector<std::string> logs{};  ///< The write-ahead logs that lie there.
    std::string damage{};             ///< Not empty: something is broken that had been durable.
    rocksdb_mark last{};              ///< The newest log and the end of what is whole in it.

    /// Writes each log once more, as far as it is whole, and syncs it. After a sync that failed,
    /// its last records may be readable without being on the disk, and would be gone after a power
    /// cut.
    result<void> write_logs_again(const rocksdb_files& files) {
        for (const auto& name : logs) {
            if (auto done = files.write_again(name, bounds.of(name)); !done) return done;
            bounds.files.erase(name);
        }
        return logs.empty() ? result<void>{} : files.sync_folder();
    }

    /// `bounds`: beyond them nothing is looked at. Errors: `corrupt`, `io`.
    static result<rocksdb_survey> make(const rocksdb_files& files, rocksdb_bounds bounds) {
        rocksdb_survey survey{.bounds = std::move(bounds)};
        if (auto done = survey.look_at_manifest(files); !done) return pass_on(std::move(done));
        if (auto done = survey.look_at_logs(files); !done) return pass_on(std::move(done));
        return survey;
    }

private:
    result<void> look_at_manifest(const rocksdb_files& files) {
        auto current = files.read("CURRENT");
        if (!current) return pass_on(std::move(current));
        if (!*current || !(*current)->starts_with("MANIFEST-") || !(*current)->ends_with('\n'))
            return fail(errc::corrupt, "'" + files.path("CURRENT") +
                                           (*current ? "' names no MANIFEST" : "' is missing") +
                                           "; restore the store from a backup");
        const auto name = (*current)->substr(0, (*current)->size() - 1);
        const auto path = files.path(name);
        auto log = rocksdb_log_scan::read(*files.system(), path, rocksdb_bounds::none, false);
        if (!log && log.error().code == errc::not_found)
            return fail(errc::corrupt,
                        "'" + path + "' is missing; restore the store from a backup");
        if (!log) return pass_on(std::move(log));
        if (!log->sound()) bounds.files[name] = log->whole;  // see `rocksdb_gate`
        if (!log->begins_again) return {};
        return fail(errc::corrupt, "'" + path + "' is damaged at byte " +
                                       std::to_string(log->whole) +
                                       "; restore the store from a backup");
    }

    result<void> look_at_logs(const rocksdb_files& files) {
        auto names = files.names();
        if (!names) return pass_on(std::move(names));
        std::map<std::uint64_t, rocksdb_log> found;
        for (const auto& name : *names) {
            const auto number = log_number(name);
            if (!number) continue;
            auto log = rocksdb_log_scan::read(*files.system(), files.path(name), bounds.of(name),
                                              true);
            if (!log && log.error().code == errc::not_found) continue;  // a writer removed it
            if (!log) return pass_on(std::move(log));
            if (!log->sound()) bounds.files[name] = log->whole;
            logs.push_back(name);
            found.emplace(*number, *log);
        }
        if (!found.empty()) last = {found.rbegin()->first, found.rbegin()->second.whole};
        judge(files, found);
        return {};
    }

    /// A log that is broken is torn, unless something follows that was written after what is
    /// broken.
    void judge(const rocksdb_files& files, const std::map<std::uint64_t, rocksdb_log>& found) {
        for (auto at = found.begin(); at != found.end(); ++at) {
            const auto& [number, log] = *at;
            if (log.sound()) continue;
            bool lost = log.begins_again;
            auto later = std::next(at);
            while (later != found.end() && !later->second.first) ++later;
            if (later != found.end()) lost = lost || *later->second.first > log.next;
            if (!lost) {
                torn = true;
                continue;
            }
            const auto name = rocksdb_log_name(number);
            damage = "'" + files.path(name) + "' is damaged at byte " + std::to_string(log.whole) +
                     ", and sound transactions follow, so what is damaged had been durable";
            // what would be left: the log up to there
            for (later = std::next(at); later != found.end(); ++later)
                bounds.files[rocksdb_log_name(later->first)] = 0;
            return;
        }
    }
};

}  // namespace varve::inline v0::detail
