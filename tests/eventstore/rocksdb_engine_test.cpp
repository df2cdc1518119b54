// The RocksDB engine on the machine's own files: what it refuses, what it leaves, how it fails.

#include "a_rocksdb_engine.hpp"
#include "child_process.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace engines;

// ---- what is no store, semantics.md §40 ----------------------------------------------------

TEST_F(a_rocksdb_engine, refuses_a_file_and_does_not_touch_it) {
    write_file(path, "Dear diary, this is no database at all.\n");
    expect_untouched(errc::foreign, "a RocksDB store is a folder");
}

TEST_F(a_rocksdb_engine, refuses_a_folder_with_other_files_and_does_not_touch_it) {
    fs::create_directory(path);
    write_file(path + "/letter.txt", "Dear aunt");
    expect_untouched(errc::foreign, "other files");
}

TEST_F(a_rocksdb_engine, refuses_a_rocksdb_database_of_somebody_else_and_does_not_touch_it) {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    must(rocksdb_database::open(path, options, {{"default", {}}}, rocksdb_access::write));
    expect_untouched(errc::foreign, "no store");
}

TEST_F(a_rocksdb_engine, refuses_a_store_of_a_newer_version) {
    must(open(path));
    auto text = read_file(path + "/STORE");
    text.replace(text.find("layout 1"), 8, "layout 2");
    write_file(path + "/STORE", text);
    expect_untouched(errc::foreign, "newer version (layout 2");
}

TEST_F(a_rocksdb_engine, refuses_a_path_that_leads_nowhere) {
    EXPECT_EQ(open(folder / "no/such/folder").error().code, errc::not_found);
    EXPECT_EQ(open("").error().code, errc::invalid_argument);
}

TEST_F(a_rocksdb_engine, creates_a_store_only_when_told_to) {
    EXPECT_EQ(open(path, {.create = false}).error().code, errc::not_found);
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::not_found);
    EXPECT_TRUE(files().empty());
    fs::create_directory(path);
    EXPECT_EQ(open(path, {.create = false}).error().code, errc::foreign);
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
    EXPECT_TRUE(open(path).has_value());
}

TEST_F(a_rocksdb_engine, begins_anew_where_a_creation_was_cut_short) {
    fs::create_directory(path);
    write_file(path + "/STORE", "varve store on RocksDB, layout 1\nbeing made\n");
    write_file(path + "/MANIFEST-000001", "half");
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
    auto engine = must(open(path));
    put(engine, 1, "x");
    EXPECT_FALSE(fs::exists(path + "/MANIFEST-000001") &&
                 read_file(path + "/MANIFEST-000001") == "half");
}

TEST_F(a_rocksdb_engine, reports_each_missing_or_damaged_file_as_corrupt) {  // §26
    make_with_tables();
    const auto whole = files();
    const auto restore = [&] {
        fs::remove_all(path);
        for (const auto& [name, content] : whole)
            content == "a folder" ? (void)fs::create_directory(folder / name)
                                  : write_file(folder / name, content);
    };
    const auto refused = [&](const std::string& what, const std::string& words) {
        SCOPED_TRACE(what);
        for (const bool read_only : {true, false}) {
            const auto opened = open(path, {.read_only = read_only});
            ASSERT_FALSE(opened.has_value());
            EXPECT_EQ(opened.error().code, errc::corrupt) << why(opened);
            EXPECT_NE(why(opened).find(words), std::string::npos) << why(opened);
            EXPECT_NE(why(opened).find("restore"), std::string::npos) << "what next?";
        }
        restore();
    };
    const auto manifest = fs::path{path}.filename() / read_file(path + "/CURRENT");
    const auto manifest_path = folder / manifest.string().substr(0, manifest.string().size() - 1);
    const auto table = file(".sst");

    fs::remove(path + "/CURRENT");
    refused("no CURRENT", "CURRENT' is missing");
    write_file(path + "/CURRENT", "nonsense");
    refused("another CURRENT", "names no MANIFEST");
    fs::remove(manifest_path);
    refused("no MANIFEST", "is missing");
    auto bytes = read_file(manifest_path);
    bytes[10] = static_cast<char>(bytes[10] ^ 4);
    write_file(manifest_path, bytes);
    refused("a flipped bit in the MANIFEST", "is damaged at byte 0");
    fs::remove(table);
    refused("no table", detail::base_name(table).substr(0, 6));
    write_file(table, read_file(table).substr(0, 100));
    refused("a cut table", detail::base_name(table).substr(0, 6));
    write_file(path + "/STORE", "varve store on RocksDB, layout 1\nnumber lo");
    refused("a cut STORE", "STORE");
    EXPECT_TRUE(open(path).has_value());
}

TEST_F(a_rocksdb_engine, reports_a_flipped_bit_in_a_table_when_it_is_read) {  // §26
    make_with_tables();
    const auto table = file(".sst");
    auto bytes = read_file(table);
    bytes[200] = static_cast<char>(bytes[200] ^ 1);
    write_file(table, bytes);
    auto engine = must(open(path, {.read_only = true}));
    auto view = must(engine.view());
    const auto scanned = view.scan(log, 0, detail::largest_number, direction::forward,
                                   [](const key&, bytes_view) { return true; });
    ASSERT_FALSE(scanned.has_value());  // an error, not an end
    EXPECT_EQ(scanned.error().code, errc::corrupt);
    EXPECT_NE(scanned.error().message.find("at byte"), std::string::npos);
}

TEST_F(a_rocksdb_engine, adds_a_space_that_a_newer_program_needs) {
    const space fewer[] = {spaces[0]};
    must(rocksdb_engine::open(path, fewer));
    EXPECT_EQ(open(path, {.read_only = true}).error().code, errc::foreign);
    must(open(path));
    EXPECT_TRUE(open(path, {.read_only = true}).has_value());
    const space other[] = {{"log", key_kind::octets, 0}};
    EXPECT_EQ(rocksdb_engine::open(path, other).error().code, errc::foreign);
}

// ---- permissions and names -----------------------------------------------------------------

TEST_F(a_rocksdb_engine, keeps_all_its_files_to_their_owner) {
    fs::create_directory(path);
    auto engine = must(open(path));
    put(engine, 1, "secret");
    must(engine.reopen());
    for (const auto& entry : fs::directory_iterator{path}) {
        struct stat status{};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777, 0600u) << entry.path();
    }
}

TEST_F(a_rocksdb_engine, is_denied_what_the_system_denies) {
    must(open(path));
    ::chmod(folder.path().c_str(), 0755);
    child_process stranger{{[&] { return why(open(path, {.read_only = true})); }}, true};
    EXPECT_EQ(stranger.answer().substr(0, 7), "denied:");
    child_process creator{{[&] { return why(open(folder / "new.store")); }}, true};
    EXPECT_EQ(creator.answer().substr(0, 7), "denied:");
}

TEST_F(a_rocksdb_engine, takes_any_path_as_it_is) {
    for (const std::string name : {"a b?", "100%25", "x#y", "ä&=", "with/"}) {
        const std::string odd = folder / name;
        {
            auto engine = must(open(odd));
            put(engine, 1, name);
        }
        auto engine = must(open(odd, {.read_only = true}));
        EXPECT_EQ(stored(engine).log.at(1), name);
    }
}

// ---- the hook, the settings, failures with RocksDB's own threads ----------------------------

TEST_F(a_rocksdb_engine, lets_the_caller_put_keys_of_its_own_into_the_batch) {  // semantics.md §58
    {
        auto engine = must(open(path));
        must(engine.transact([&](auto& t) -> result<void> {
            EXPECT_TRUE(t.native()->Put("balance/a", "1").ok());
            const auto mark = must(t.savepoint());
            EXPECT_TRUE(t.native()->Put("balance/b", "2").ok());
            return t.rollback_to(mark);
        }));
        EXPECT_FALSE(engine.transact([&](auto& t) -> result<void> {
            EXPECT_TRUE(t.native()->Put("balance/c", "3").ok());
            return fail(errc::rejected, "no");
        }));
    }
    auto db = must(rocksdb_database::open(path, {}, {{"default", {}}}, rocksdb_access::read));
    std::string value;
    EXPECT_TRUE(db.raw().Get({}, "balance/a", &value).ok());
    EXPECT_TRUE(db.raw().Get({}, "balance/b", &value).IsNotFound());
    EXPECT_TRUE(db.raw().Get({}, "balance/c", &value).IsNotFound());
}

TEST_F(a_rocksdb_engine, refuses_to_run_with_other_settings_than_it_promises) {  // traps R1, R2
    const auto verdict = [&](auto change) {
        auto options = detail::rocksdb_database_options(rocksdb::Env::Default(), 1u << 20);
        options.create_if_missing = true;
        change(options);
        const auto family = detail::rocksdb_family_options(rocksdb::NewLRUCache(1024), 1u << 20);
        auto db = must(
            rocksdb_database::open(path, options, {{"default", family}}, rocksdb_access::write));
        const auto fine = detail::check_rocksdb_options(db.raw());
        return fine ? std::string{"fine"} : to_string(fine.error());
    };
    EXPECT_EQ(verdict([](auto&) {}), "fine");
    const auto refused = verdict([](auto& o) { o.max_bgerror_resume_count = 5; });
    EXPECT_TRUE(refused.starts_with("unsupported:")) << refused;
    EXPECT_NE(refused.find("max_bgerror_resume_count"), std::string::npos) << refused;
    for (const auto& change : std::vector<std::function<void(rocksdb::DBOptions&)>>{
             [](auto& o) { o.manual_wal_flush = true; }, [](auto& o) { o.unordered_write = true; },
             [](auto& o) { o.two_write_queues = true; }, [](auto& o) { o.paranoid_checks = false; },
             [](auto& o) { o.wal_bytes_per_sync = 4096; },
             [](auto& o) { o.max_background_jobs = 8; }, [](auto& o) { o.atomic_flush = true; },
             [](auto& o) { o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery; }})
        EXPECT_TRUE(verdict(change).starts_with("unsupported:")) << verdict(change);
}

/// While it lives a file cannot grow beyond so many bytes: a write says "File too large".
class largest_file {
public:
    explicit largest_file(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    largest_file(const largest_file&) = delete;
    largest_file& operator=(const largest_file&) = delete;
    ~largest_file() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_);
    }

private:
    void (*signal_)(int);
    rlimit before_{};
};

// With RocksDB's own threads, which wait for ever in Close() unless max_bgerror_resume_count is 0.
TEST_F(a_rocksdb_engine, ends_and_reopens_at_once_after_its_log_could_not_be_written) {  // §38, R2
    for (int round = 0; round < 20; ++round) {
        fs::remove_all(path);
        std::optional<rocksdb_engine> engine{must(open(path))};
        std::uint64_t n = 0;
        result<void> taken{};
        {
            const largest_file limit{6000};
            while (taken && n < 1000) taken = take_step(*engine, ++n);
        }
        ASSERT_FALSE(taken.has_value());
        EXPECT_EQ(taken.error().code, errc::unknown) << to_string(taken.error());
        EXPECT_EQ(take_step(*engine, n).error().code, errc::poisoned);
        if (round % 2 == 0) {
            engine.reset();
            engine.emplace(must(open(path)));
        } else {
            must(engine->reopen());
        }
        content without;
        for (std::uint64_t i = 1; i < n; ++i) apply_step(without, i);
        content with = without;
        apply_step(with, n);
        const content all = stored(*engine);
        EXPECT_TRUE(all == without || all == with);
        must(take_step(*engine, n + 1));
    }
}

TEST_F(a_rocksdb_engine, changes_no_file_between_a_failure_and_reopen) {  // §38
    auto engine = must(open(path, {.buffer_bytes = 4096}));
    std::uint64_t n = 0;
    result<void> taken{};
    {
        const largest_file limit{3000};
        while (taken && n < 1000) taken = take_step(engine, ++n);
    }
    ASSERT_FALSE(taken.has_value());
    const auto before = files();
    (void)take_step(engine, n);
    (void)stored(engine);
    EXPECT_EQ(files(), before);
    must(engine.reopen());
    must(take_step(engine, n + 1));
}

}  // namespace
