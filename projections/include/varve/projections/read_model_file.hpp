// The file of a read model: its writing connection, its checkpoint, and its tables as a whole.
//
// What is in the file is written in projections/README.md.
#pragma once

#include <varve/adapters/file_lock.hpp>
#include <varve/adapters/sqlite.hpp>
#include <varve/assert.hpp>
#include <varve/failure.hpp>
#include <varve/projections/read_model.hpp>
#include <varve/projections/sqlite_link.hpp>
#include <varve/projections/sqlite_wal.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0 {

/// What rows and checkpoint survive.
enum class survival : std::uint8_t {
    power_loss,     ///< Everything: each batch is synced.
    process_death,  ///< A power cut may take the last batches; they are applied again. `wait` then
                    ///< promises that an event is visible, not that it is durable. Faster.
};

/// How a read model is opened.
struct sqlite_read_model_options {
    survival survives = survival::power_loss;
    std::string vfs{};  ///< Name of a registered SQLite VFS; empty: the system's files.
    std::chrono::milliseconds busy_timeout{
        5000};                ///< How long to wait for a lock of SQLite's; from 0.
    std::size_t readers = 8;  ///< Queries at the same time; from 1. Further ones wait.
};

namespace detail {

inline constexpr std::int64_t read_model_application = 0x56727031;  // "Vrp1"

inline failure in_file(const std::string& path, failure why) {
    why.message = "read model '" + path + "': " + why.message;
    return why;
}

/// Settings for every connection; those that matter are read back, as SQLite ignores a wrong one.
inline result<std::unique_ptr<sqlite_link>> connect(const std::string& path,
                                                    const sqlite_read_model_options& options,
                                                    sqlite_access access) {
    auto db = sqlite_connection::open(path, {.access = access, .vfs = options.vfs});
    if (!db) return std::unexpected(std::move(db).error());
    sqlite3_busy_timeout(db->raw(), static_cast<int>(options.busy_timeout.count()));
    sqlite3_db_config(db->raw(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(db->raw(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    const bool writes = access == sqlite_access::create;
    if (!writes) sqlite3_db_config(db->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    const bool full = options.survives == survival::power_loss;
    if (auto set = db->execute(
            std::string{"pragma mmap_size=0; pragma trusted_schema=off; "} +
            "pragma cell_size_check=on; pragma synchronous=" + (full ? "full" : "normal"));
        !set)
        return std::unexpected(in_file(path, std::move(set).error()));
    const auto synchronous = db->ask("pragma synchronous");
    if (!synchronous) return std::unexpected(in_file(path, synchronous.error()));
    ensure(*synchronous == (full ? "2" : "1"), "SQLite did not take the durability it was given");
    return std::make_unique<sqlite_link>(std::move(*db));
}

/// The side of the file that writes. One thread at a time.
class read_model_file {
public:
    read_model_file(std::string path, sqlite_read_model_options options)
        : path_(std::move(path)), options_(std::move(options)) {}

    /// Opens the connection that writes, if there is none. Errors: `busy` (another worker), `io`,
    /// `foreign` (not a read model).
    result<void> open() {
        if (link_) return {};
        if (!lock_ && options_.vfs.empty())
            if (auto alone = take_lock(); !alone) return alone;
        if (auto sound = rewrite_wal(path_, options_.vfs); !sound) return named(std::move(sound));
        auto link = connect(path_, options_, sqlite_access::create);
        if (!link) return std::unexpected(std::move(link).error());
        link_ = std::move(*link);
        auto ours = check_ours();
        if (!ours) close();
        return named(std::move(ours));
    }

    /// Gives up the connection with what it has not committed, and writes nothing more, not even the
    /// checkpoint of a clean end: something failed.
    void close() noexcept {
        if (link_)
            sqlite3_db_config(link_->db().raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        link_.reset();
        mark_.reset();
    }

    /// What the file says; nothing if it is empty.
    result<std::optional<read_model_mark>> load() {
        const auto made = link_->one<std::int64_t>(
            "select count(*) from sqlite_schema where name = 'varve_checkpoint'");
        if (!made) return std::unexpected(in_file(path_, made.error()));
        if (**made == 0) return std::nullopt;
        auto row = link_->one<std::string, std::uint32_t, std::string, std::string, std::int64_t,
                              position>(
            "select projection, version, layout, store, epoch, position from varve_checkpoint");
        if (!row) return std::unexpected(in_file(path_, row.error()));
        if (!*row)
            return fail(errc::corrupt, "read model '" + path_ + "' has lost its checkpoint; " +
                                           "delete the file, and it is built anew");
        auto& [name, version, layout, id_text, life, reached] = **row;
        const auto id = parse_id<store_id>(id_text);
        if (!id)
            return fail(errc::corrupt, "read model '" + path_ + "' names no store: " + id_text);
        mark_ = {.projection = std::move(name),
                 .version = version,
                 .layout = std::move(layout),
                 .store = {*id, epoch{static_cast<std::uint64_t>(life)}},
                 .reached = reached};
        return mark_;
    }

    /// Drops every table, makes those of `wanted.layout`, and begins at 0: one transaction.
    result<void> make_anew(const read_model_mark& wanted) {
        auto made = begin();
        if (made) made = drop_all();
        if (made) made = create(wanted);
        if (made) made = end();
        if (!made) {
            close();
            return named(std::move(made));
        }
        mark_ = wanted;
        mark_->reached = {};
        return {};
    }

    result<void> begin() { return named(done(link_->run("begin immediate"))); }

    /// Rows and checkpoint become durable together. After a failure only the file knows.
    result<void> commit(position reached) {
        ensure(mark_ && reached >= mark_->reached, "a checkpoint moves backward");
        auto stored = move_to(reached);
        if (stored) stored = end();
        if (!stored) {
            close();
            return named(std::move(stored));
        }
        mark_->reached = reached;
        return {};
    }

    /// Back to the last commit. On failure the connection is given up.
    result<position> rollback() {
        if (!link_) return fail(errc::closed, "read model '" + path_ + "' is to be opened again");
        if (!link_->db().idle())
            if (auto undone = link_->run("rollback"); !undone) {
                close();
                return std::unexpected(in_file(path_, std::move(undone).error()));
            }
        return mark_->reached;
    }

    bool is_open() const noexcept { return link_ != nullptr; }
    sqlite_link& link() noexcept { return *link_; }
    const std::string& path() const noexcept { return path_; }
    const sqlite_read_model_options& options() const noexcept { return options_; }

private:
    template <class T>
    static result<void> done(result<T> ran) {
        if (!ran) return std::unexpected(std::move(ran).error());
        return {};
    }

    result<void> named(result<void> ran) const {
        if (!ran) return std::unexpected(in_file(path_, std::move(ran).error()));
        return ran;
    }

    /// SQLite 3.7.0 to 3.51.2 can corrupt a file that two connections write and checkpoint at once.
    result<void> take_lock() {
        auto taken = file_lock::take(path_ + "-lock");
        if (!taken && taken.error().code == errc::busy)
            taken.error().message += ", whose worker writes it; stop that one first";
        if (!taken) return std::unexpected(in_file(path_, std::move(taken).error()));
        lock_ = std::move(*taken);
        auto made = create_private_file(path_);
        return named(std::move(made));
    }

    /// An empty file becomes ours; a database of somebody else's is left alone.
    result<void> check_ours() {
        const auto owner = link_->one<std::int64_t>("select * from pragma_application_id");
        if (!owner) return std::unexpected(owner.error());
        const auto tables = link_->one<std::int64_t>("select count(*) from sqlite_schema");
        if (!tables) return std::unexpected(tables.error());
        if (**owner != read_model_application && (**owner != 0 || **tables != 0))
            return fail(errc::foreign,
                        "is a SQLite database, but not a read model of Varve's; "
                        "nothing was touched");
        return use_wal();
    }

    /// SQLite answers "wal" first and switches then, so the answer is not looked at but asked for
    /// again. In its other modes a power cut could undo the last transaction.
    result<void> use_wal() {
        if (auto set = link_->db().execute("pragma journal_mode=wal"); !set) return set;
        const auto mode = link_->db().ask("pragma journal_mode");
        if (!mode) return std::unexpected(mode.error());
        if (*mode == "wal") return {};
        return fail(errc::io,
                    "cannot be switched to WAL, it stays '" + *mode + "'; look at the disk");
    }

    result<void> drop_all() {
        const auto there = link_->all<std::string, std::string>(
            "select type, name from sqlite_schema where type in ('table', 'view', 'trigger')"
            " and name not like 'sqlite\\_%' escape '\\'"
            " order by type = 'table', sql not like 'create virtual%'");
        if (!there) return std::unexpected(there.error());
        for (const auto& [type, name] : *there)
            if (auto dropped = link_->db().execute("drop " + type + " if exists " + quoted(name));
                !dropped)
                return dropped;
        return {};
    }

    result<void> create(const read_model_mark& wanted) {
        if (auto made = link_->db().execute(
                "pragma application_id=" + std::to_string(read_model_application) +
                "; create table varve_checkpoint("
                "projection text not null primary key, version integer not null, "
                "layout text not null, store text not null, epoch integer not null, "
                "position integer not null) strict, without rowid");
            !made)
            return made;
        if (auto made = link_->db().execute(wanted.layout); !made) {
            made.error().message = "its schema fails: " + made.error().message;
            return made;
        }
        if (link_->db().idle())
            return fail(errc::invalid_argument, "its schema ends the transaction it runs in");
        if (auto strict = check_strict(); !strict) return strict;
        return done(link_->run("insert into varve_checkpoint values(?1, ?2, ?3, ?4, ?5, 0)",
                               wanted.projection, wanted.version, wanted.layout,
                               to_string(wanted.store.id), wanted.store.epoch.value));
    }

    result<void> check_strict() {
        const auto loose = link_->one<std::string>(
            "select name from pragma_table_list where schema = 'main' and type = 'table'"
            " and strict = 0 and name not like 'sqlite\\_%' escape '\\'");
        if (!loose) return std::unexpected(loose.error());
        if (!*loose) return {};
        return fail(errc::invalid_argument,
                    "its table '" + **loose + "' is not STRICT; end its definition with `strict`");
    }

    /// Only from where this worker left it: whoever else moved it wins, and this one stops.
    result<void> move_to(position reached) {
        if (link_->db().idle())
            return fail(errc::invalid_argument, "`apply` ended the transaction it runs in");
        const auto moved = link_->run(
            "update varve_checkpoint set position = ?1 where projection = ?2 and position = ?3",
            reached, mark_->projection, mark_->reached);
        if (!moved) return std::unexpected(moved.error());
        if (*moved == 1) return {};
        return fail(errc::busy, "somebody else moved its checkpoint from " +
                                    to_string(mark_->reached) + "; one worker at a time");
    }

    result<void> end() { return done(link_->run("commit")); }

    static std::string quoted(const std::string& name) {
        std::string text = "\"";
        for (const char c : name) text += c == '"' ? std::string{"\"\""} : std::string{c};
        return text + '"';
    }

    std::string path_;
    sqlite_read_model_options options_;
    std::optional<file_lock> lock_;  // before the connection: given up after it is closed
    std::unique_ptr<sqlite_link> link_;
    std::optional<read_model_mark> mark_;
};

}  // namespace detail
}  // namespace varve::inline v0
