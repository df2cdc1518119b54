// What a SQLite engine is made of, and how it is opened and opened again.
#pragma once

#include <varve/adapters/descriptor.hpp>
#include <varve/adapters/sqlite.hpp>
#include <varve/eventstore/named_spaces.hpp>
#include <varve/eventstore/sqlite/place.hpp>
#include <varve/eventstore/sqlite/readers.hpp>
#include <varve/eventstore/sqlite/writer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace varve::inline v0 {

/// How a SQLite engine is opened.
struct sqlite_engine_options {
    bool create = true;      ///< Create the file if it is not there.
    bool read_only = false;  ///< No lock, no writing; works beside a writer in another process.
    std::string vfs{};       ///< A registered VFS that keeps all files; empty: the system's files.
    std::string holder{};    ///< A name for the lock file; empty: the program's.
    sqlite_durability durability = sqlite_durability::full;
    std::size_t cache_bytes = 8u << 20;     ///< Page cache of each connection.
    std::uint32_t checkpoint_pages = 1000;  ///< Length of the write-ahead log that is moved.
    /// How long to wait for the lock of a program that is no store and writes nevertheless.
    std::chrono::milliseconds busy_timeout{5000};
};

namespace detail {

/// An open engine, behind a pointer so that the engine can move.
struct sqlite_state {
    std::string given_path;
    sqlite_engine_options options;
    named_spaces spaces;
    sqlite_place place;
    std::shared_ptr<void> lock{};  // before the writer: given up after it is closed
    std::mutex mutex{};            // guards `readers` and `frozen`
    std::shared_ptr<sqlite_readers> readers{};
    bool frozen = false;  // reads the file alone, which nobody writes
    std::unique_ptr<sqlite_writer> writer{};
    std::string poison{};  // why nothing is written until `reopen`
    std::int64_t process = process_id();

    /// A child of `fork` shares file offsets and locks with its parent: SQLite's state in it is of
    /// no use, and using it would harm the parent's (trap S8).
    result<void> check_process() const {
        if (process == process_id()) return {};
        return fail(errc::invalid_argument,
                    "'" + given_path + "' was opened before fork(); open it in this process");
    }

    ~sqlite_state() {
        if (process == process_id()) {
            close();
        } else {
            (void)writer.release();  // not this process's to close
            new std::shared_ptr<sqlite_readers>{readers};
        }
    }

    /// The readers first, so that the writer is the last one and can clear the side files away.
    void close() noexcept {
        if (readers) readers->close();
        if (writer && !poison.empty()) writer->leave_as_it_is();
        writer.reset();
    }

    result<void> open_for_writing() {
        // on a simulated disk the lock is lost with the power; a real one is kept over `reopen`
        if (!options.vfs.empty()) lock.reset();
        auto found = place.look();
        if (!found) return pass_on(std::move(found));
        if (*found == sqlite_found::nothing && !options.create)
            return fail(errc::not_found, "there is no store at '" + given_path + "'");
        if (*found == sqlite_found::empty && !options.create)
            return fail(errc::foreign, "'" + given_path + "' is empty; there is no store in it");
        if (!lock) {
            auto taken = place.lock(options.holder);
            if (!taken) return pass_on(std::move(taken));
            lock = std::move(*taken);
            found = place.look();  // again: it may have been created meanwhile
            if (!found) return pass_on(std::move(found));
        }
        if (*found == sqlite_found::nothing)
            if (auto done = place.create(); !done) return done;
        if (auto done = rewrite_sqlite_wal(place.vfs(), place.path()); !done) return done;
        auto fresh = std::make_unique<sqlite_writer>(sqlite_writer::settings{
            place.path(), place.vfs(), options.durability, options.cache_bytes,
            options.checkpoint_pages, options.busy_timeout});
        if (auto done = fresh->open(spaces); !done) {
            fresh->leave_as_it_is();
            return named(std::move(done));
        }
        writer = std::move(fresh);
        use(sqlite_access::read);
        return {};
    }

    result<void> open_for_reading() {
        auto found = place.look();
        if (!found) return pass_on(std::move(found));
        if (*found == sqlite_found::nothing)
            return fail(errc::not_found, "there is no store at '" + given_path + "'");
        if (*found == sqlite_found::empty)
            return fail(errc::foreign, "'" + given_path + "' is empty; there is no store in it");
        use(sqlite_access::read);
        auto first = try_reading();
        if (first || !options.vfs.empty()) return named(std::move(first));
        const errc code = first.error().code;
        if (code == errc::corrupt || code == errc::foreign || code == errc::invalid_argument)
            return named(std::move(first));
        // trap S13: in a folder that is read-only SQLite cannot make its side files; if the store
        // was closed cleanly, then it does not need them
        if (!place.log_is_empty())
            return fail(
                errc::denied,
                "'" + given_path +
                    "' was not closed cleanly and its folder cannot be written to; copy the "
                    "file with its -wal file to a folder that can (" +
                    first.error().message + ")");
        use(sqlite_access::immutable);
        return named(try_reading());
    }

    /// Whether every space can be read.
    result<void> try_reading() {
        auto reader = readers->take();
        if (!reader) return pass_on(std::move(reader));
        if (auto begun = (*reader)->begin(); !begun) return begun;
        if (auto fine = (*reader)->check_tables(); !fine) return fine;
        if ((*reader)->end()) readers->put_back(std::move(*reader));
        return {};
    }

    void use(sqlite_access access) {
        auto opener = [path = place.path(), vfs = place.vfs(), access, cache = options.cache_bytes,
                       wait = options.busy_timeout]() -> result<sqlite_connection> {
            auto db = sqlite_connection::open(path,
                                              {.access = access, .vfs = vfs, .busy_timeout = wait});
            if (!db) return db;
            sqlite3_db_config(db->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
            if (auto done = harden(*db, sqlite_durability::full, cache); !done)
                return pass_on(std::move(done));
            if (auto done = set_pragma(*db, "query_only", "ON", "1"); !done)
                return pass_on(std::move(done));
            return db;
        };
        auto fresh = std::make_shared<sqlite_readers>(spaces, std::move(opener));
        const std::lock_guard guard{mutex};
        readers.swap(fresh);
        frozen = access == sqlite_access::immutable;
        if (fresh) fresh->close();
    }

    result<void> named(result<void> done) const {
        if (done) return done;
        return fail(done.error().code, "'" + given_path + "': " + done.error().message);
    }
};

}  // namespace detail
}  // namespace varve::inline v0
