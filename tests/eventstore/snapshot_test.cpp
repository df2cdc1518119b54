// What is stored as a snapshot, and what a store makes of one that lies (semantics.md §49, §50, §51).

#include "engines.hpp"
#include "stores/memory.hpp"
#include "stores/sqlite.hpp"

#include <varve/eventstore/format/snapshots.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace engines;
namespace fs = std::filesystem;

static_assert(snapshot_store<memory_store> && snapshot_store<sqlite_store>);

const snapshot_form form{
    .aggregate = "text", .fold_version = 3, .schema_version = 2, .descriptor = as_bytes("n i64")};

template <class Store>
void append(Store& store, std::string_view stream, int events) {
    for (; events != 0; --events) {
        const new_event event{.stream = stream, .type = "noted", .payload = as_bytes("x")};
        must(store.append(
            {.id = store.environment().ids().template next<append_id>(), .events = {&event, 1}}));
    }
}
template <class Store>
snapshot_saving save(Store& store, std::string_view stream, std::uint64_t at) {
    return must(store.save_snapshot(
        {.stream = stream, .form = form, .at = revision{at}, .state = as_bytes("state")}));
}
/// The revision that is served; 0 if none is.
template <class Store>
std::uint64_t served(Store& store, std::string_view stream, const snapshot_form& asked = form) {
    std::uint64_t at = 0;
    must(store.load_snapshot(stream, asked, [&](const stored_snapshot& found) {
        EXPECT_EQ(as_text(found.state), "state");
        at = found.at.value;
        return true;
    }));
    return at;
}

class a_stored_snapshot : public testing::TestWithParam<chain> {
protected:
    a_stored_snapshot() {
        append(store, "b-1", 2);
        append(store, "a-1", 5);
        append(store, "b-1", 2);
        save(store, "a-1", 4);
        auto view = must(store.engine().view());
        must(view.get(detail::snapshot_space, bytes_view{key},
                      [&](bytes_view found) { value = to_bytes(found); }));
    }

    void plant(const bytes& planted) {
        must(store.write_beside([&](detail::side_transaction& to) -> result<void> {
            to.put(detail::snapshot_space, key, planted);
            return {};
        }));
    }
    snapshot_fate listed() {
        const auto all = must(store.snapshots());
        return all.size() == 1 ? all[0].fate : snapshot_fate::undecodable;
    }

    memory_store store = must(tests::open_memory({.chain = GetParam()}));
    const bytes key = detail::snapshot_key(0, "a-1", "text");
    bytes value;
};
INSTANTIATE_TEST_SUITE_P(chained, a_stored_snapshot, testing::Values(chain::blake2b));
INSTANTIATE_TEST_SUITE_P(not_chained, a_stored_snapshot, testing::Values(chain::none));

TEST_P(a_stored_snapshot, has_the_bytes_that_the_document_says) {
    const auto found = detail::decode_snapshot(value);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->store, store.identity());
    EXPECT_EQ(found->at, revision{4});
    EXPECT_EQ(found->where, position{6});
    EXPECT_EQ(found->fold_version, 3u);
    EXPECT_EQ(found->schema_version, 2u);
    EXPECT_EQ(found->schema, detail::schema_digest(form));
    EXPECT_EQ(found->stream, "a-1");
    EXPECT_EQ(found->aggregate, "text");
    EXPECT_EQ(as_text(found->state), "state");
    EXPECT_EQ(value.size(), 8u + 100 + 2 + 3 + 2 + 4 + 5);
    EXPECT_EQ(detail::encode_snapshot(*found), value);
    EXPECT_EQ(as_text(key), std::string("\0\0\0\0\0\0\0\3a-1text", 15));
    EXPECT_EQ(served(store, "a-1"), 4u);
    EXPECT_EQ(listed(), snapshot_fate::usable);
}

TEST_P(a_stored_snapshot, with_any_bit_flipped_or_byte_missing_is_not_served) {
    std::uint64_t tried = 0;
    const auto refused = [&](const bytes& planted) {
        plant(planted);
        ASSERT_EQ(served(store, "a-1"), 0u) << "change " << tried;
        EXPECT_EQ(store.snapshot_counts().damaged, ++tried);
        EXPECT_EQ(listed(), snapshot_fate::damaged);
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
        bytes changed = value;
        changed[i] ^= static_cast<std::byte>(1u << (i % 8));
        refused(changed);
    }
    for (std::size_t size = 0; size < value.size(); ++size)
        refused({value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size)});
    for (std::size_t size = 0; size < value.size() - 8 - 5; ++size)  // with a checksum that holds
        refused(detail::with_checksum(bytes_view{value}.subspan(8, size)));
    plant(value);
    EXPECT_EQ(served(store, "a-1"), 4u);
}

TEST_P(a_stored_snapshot, that_does_not_belong_here_is_ignored_counted_and_replaced) {
    using record = detail::snapshot_record;
    struct lie {
        std::function<void(record&)> tell;
        std::uint64_t snapshot_stats::* counted;
        snapshot_fate fate;
    };
    const std::vector<lie> lies{
        {[](record& r) { r.at = revision{6}; }, &snapshot_stats::ahead, snapshot_fate::ahead},
        {[](record& r) { r.at = revision{~0ull}; }, &snapshot_stats::ahead, snapshot_fate::ahead},
        {[](record& r) { r.at = revision{0}; }, &snapshot_stats::ended, snapshot_fate::ended},
        {[](record& r) { r.at = revision{5}; }, &snapshot_stats::other_history,
         snapshot_fate::other_history},
        {[](record& r) { r.where = position{7}; }, &snapshot_stats::other_history,
         snapshot_fate::other_history},
        {[](record& r) { r.link[31] ^= std::byte{1}; }, &snapshot_stats::other_history,
         snapshot_fate::other_history},
        {[](record& r) { r.store.epoch = epoch{0}; }, &snapshot_stats::other_life,
         snapshot_fate::other_life},
        {[](record& r) { r.store.epoch = epoch{2}; }, &snapshot_stats::other_life,
         snapshot_fate::other_life},
        {[](record& r) { r.store.id.raw[0] ^= std::byte{1}; }, &snapshot_stats::other_life,
         snapshot_fate::other_life},
        {[](record& r) { r.stream = "b-1"; }, &snapshot_stats::damaged, snapshot_fate::damaged},
        {[](record& r) { r.aggregate = "a"; }, &snapshot_stats::damaged, snapshot_fate::damaged},
        {[](record& r) { r.fold_version = 4; }, &snapshot_stats::other_fold, snapshot_fate::usable},
        {[](record& r) { ++r.schema; }, &snapshot_stats::other_schema, snapshot_fate::usable}};
    for (std::size_t n = 0; n < lies.size(); ++n) {
        auto told = *detail::decode_snapshot(value);
        lies[n].tell(told);
        plant(detail::encode_snapshot(told));
        const auto before = store.snapshot_counts().*lies[n].counted;
        EXPECT_EQ(served(store, "a-1"), 0u) << "lie " << n;
        EXPECT_EQ(store.snapshot_counts().*lies[n].counted, before + 1) << "lie " << n;
        EXPECT_EQ(listed(), lies[n].fate) << "lie " << n;
        EXPECT_EQ(save(store, "a-1", 1), snapshot_saving::stored)
            << "what nobody can use is in nobody's way: lie " << n;
        EXPECT_EQ(served(store, "a-1"), 1u) << "lie " << n;
    }
}

TEST_P(a_stored_snapshot, says_something_else_for_every_part_of_the_schema) {
    auto other = form;
    other.schema_version = 1;
    EXPECT_EQ(served(store, "a-1", other), 0u);
    other = form;
    other.descriptor = as_bytes("n i32");
    EXPECT_EQ(served(store, "a-1", other), 0u);
    other = form;
    other.encoding = encoding::json;
    EXPECT_EQ(served(store, "a-1", other), 0u);
    EXPECT_EQ(store.snapshot_counts().other_schema, 3u);
    EXPECT_EQ(served(store, "a-1"), 4u);
}

class a_store_with_snapshots : public testing::Test {
protected:
    sqlite_store open(sqlite_store_options options = {}) {
        return must(tests::open_sqlite(path, std::move(options)));
    }

    temporary_folder folder;
    const std::string path = folder / "bank.db";
    const std::string backup = folder / "backup.db";
};

TEST_F(a_store_with_snapshots, uses_none_from_before_an_accepted_loss) {  // semantics.md §49
    {
        auto store = open();
        append(store, "a-1", 5);
        save(store, "a-1", 5);
    }
    fs::copy_file(path, backup);
    {
        auto store = open();
        append(store, "a-1", 3);
    }
    fs::copy_file(backup, path, fs::copy_options::overwrite_existing);
    auto store = open({.accept_loss_after = position{5}});
    EXPECT_EQ(store.identity().epoch, epoch{2});
    EXPECT_EQ(served(store, "a-1"), 0u);
    EXPECT_EQ(store.snapshot_counts().other_life, 1u);
    EXPECT_EQ(save(store, "a-1", 3), snapshot_saving::stored);
    EXPECT_EQ(served(store, "a-1"), 3u);
}

TEST_F(a_store_with_snapshots, shows_them_to_a_reader_beside_the_writer) {
    auto store = open();
    append(store, "a-1", 5);
    auto reader = open({.read_only = true});
    EXPECT_EQ(served(reader, "a-1"), 0u);
    save(store, "a-1", 4);
    EXPECT_EQ(served(reader, "a-1"), 4u);
    append(store, "a-1", 2);
    save(store, "a-1", 7);
    EXPECT_EQ(served(reader, "a-1"), 7u);
    const auto refused = reader.save_snapshot({.stream = "a-1", .form = form, .at = revision{7}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::unsupported);
    EXPECT_FALSE(reader.drop_all_snapshots());
    EXPECT_EQ(reader.snapshot_counts().ignored(), 0u);
}

TEST_F(a_store_with_snapshots, keeps_those_of_tenants_apart) {
    for (const std::uint32_t tenant : {0u, 1u, 2u}) {
        auto store = open({.tenant = tenant});
        append(store, "a-1", 3);
        EXPECT_EQ(served(store, "a-1"), 0u);
        save(store, "a-1", 1 + tenant);
    }
    EXPECT_EQ(must(open({.tenant = 1}).drop_all_snapshots()), 1u);
    for (const std::uint32_t tenant : {0u, 1u, 2u}) {
        auto store = open({.tenant = tenant});
        EXPECT_EQ(served(store, "a-1"), tenant == 1 ? 0u : 1u + tenant);
    }
}

}  // namespace
