// The stored format, byte by byte: what eventstore/README.md says is what is written.
//
// VARVE_RENEW_GOLDEN=1 renews the golden files (scripts/golden does it for all areas). That is allowed
// while the format's version is 0, and never after.

#include <varve/eventstore/format/log_reader.hpp>
#include <varve/eventstore/format/spaces.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace varve;
namespace vd = varve::detail;

constexpr auto noon = timestamp{std::chrono::seconds{1'700'000'000}};

append_id numbered(unsigned n) {
    append_id id;
    id.raw[15] = static_cast<std::byte>(n);
    return id;
}

/// The record of the worked example: two appends, three events, every optional part once.
bytes example_record() {
    const auto store = as_id<store_id>(numbered(0xaa));
    const header headers[] = {{"by", "clerk"}};
    const std::string_view tags[] = {"branch:3"};
    const new_event first[] = {
        {.stream = "account-7", .type = "opened", .payload = as_bytes("Ada")},
        {.stream = "account-7",
         .type = "deposited",
         .schema_version = 2,
         .payload = as_bytes(std::string_view{"\x05\x00\xff", 3}),
         .meta = {.correlation = as_id<message_id>(numbered(0xc0)),
                  .causation = as_id<message_id>(numbered(0xca)),
                  .occurred_at = noon,
                  .headers = headers},
         .tags = tags}};
    const new_event second[] = {
        {.stream = "account-8", .type = "opened", .id = as_id<event_id>(numbered(0xe1))}};
    auto one = vd::batch_builder::encode({numbered(1), first}, chain::blake2b).value();
    auto two = vd::batch_builder::encode({numbered(2), second}, chain::blake2b).value();
    one.set_first_revision(0, revision{1});
    two.set_first_revision(0, revision{1});
    vd::record_builder record;
    const auto head = one.seal(position{1}, noon, vd::genesis_hash(store, 0));
    record.add(one.raw());
    two.seal(position{3}, noon, head);
    record.add(two.raw());
    return to_bytes(record.raw());
}

std::string hex_dump(bytes_view data) {
    std::string text;
    char line[24];
    for (std::size_t i = 0; i < data.size(); ++i) {
        if (i % 16 == 0) {
            std::snprintf(line, sizeof line, "%04zx ", i);
            text += line;
        }
        std::snprintf(line, sizeof line, " %02x", std::to_integer<unsigned>(data[i]));
        text += line;
        if (i % 16 == 15 || i + 1 == data.size()) text += '\n';
    }
    return text;
}

std::string file_text(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

bool accepts(bytes_view record) {
    vd::record_walker walker;
    const auto walked = walker.walk(record, position{1},
                                    [](const recorded_event&) { return true; });
    return walked.has_value() && walker.last() == position{3};
}

TEST(stored_format, the_worked_example_of_the_readme_is_what_is_written) {
    const std::string path = VARVE_SOURCE_DIR "/tests/eventstore/golden/record_v1.txt";
    const auto written = hex_dump(example_record());
    EXPECT_EQ(written, file_text(path)) << "the format is frozen: what is written must not change";
    const auto readme = file_text(VARVE_SOURCE_DIR "/eventstore/README.md");
    EXPECT_NE(readme.find(written), std::string::npos)
        << "eventstore/README.md must hold the dump of golden/record_v1.txt word by word";
}

// semantics.md §8
TEST(stored_format, everything_of_an_event_comes_back_as_it_was_given) {
    vd::record_walker walker;
    std::vector<std::string> seen;
    const auto record = example_record();
    const auto walked = walker.walk(record, position{1}, [&](const recorded_event& event) {
        seen.push_back(std::string{event.stream} + "@" + to_string(event.revision) + " " +
                       std::string{event.type});
        if (event.position == position{2}) {
            EXPECT_EQ(event.schema_version, 2u);
            EXPECT_EQ(as_text(event.payload), (std::string_view{"\x05\x00\xff", 3}));
            EXPECT_EQ(event.correlation, as_id<message_id>(numbered(0xc0)));
            EXPECT_EQ(event.causation, as_id<message_id>(numbered(0xca)));
            EXPECT_EQ(event.occurred_at, noon);
            EXPECT_EQ(*event.tags.begin(), "branch:3");
            EXPECT_EQ(*event.headers.begin(), (header{"by", "clerk"}));
            EXPECT_EQ(event.id, vd::derive_event_id(numbered(1), 1));
        }
        if (event.position == position{3}) {
            EXPECT_EQ(event.id, as_id<event_id>(numbered(0xe1)));
        }
        return true;
    });
    ASSERT_TRUE(walked.has_value()) << to_string(walked.error());
    EXPECT_EQ(seen, (std::vector<std::string>{"account-7@1 opened", "account-7@2 deposited",
                                              "account-8@1 opened"}));
}

// semantics.md §37: damage is reported, never served
TEST(stored_format, every_flipped_bit_of_a_record_is_refused) {
    auto record = example_record();
    ASSERT_TRUE(accepts(record));
    for (std::size_t i = 0; i < record.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            const auto mask = static_cast<std::byte>(1 << bit);
            record[i] ^= mask;
            EXPECT_FALSE(accepts(record)) << "byte " << i << " bit " << bit;
            record[i] ^= mask;
        }
}

TEST(stored_format, every_shorter_record_is_refused) {
    const auto record = example_record();
    for (std::size_t size = 0; size < record.size(); ++size)
        EXPECT_FALSE(accepts(bytes_view{record}.first(size))) << size;
}

TEST(stored_format, a_record_of_an_unknown_kind_is_refused_by_its_number) {
    auto record = example_record();
    record[0] = std::byte{9};
    vd::record_walker walker;
    const auto walked = walker.walk(record, position{1},
                                    [](const recorded_event&) { return true; });
    ASSERT_FALSE(walked.has_value());
    EXPECT_EQ(walked.error().code, errc::foreign);
    EXPECT_NE(walked.error().message.find("kind 9"), std::string::npos) << walked.error().message;
}

TEST(stored_format, a_leaf_names_the_content_and_not_the_place) {
    const new_event event[] = {{.stream = "a-1", .type = "t", .payload = as_bytes("x")}};
    const new_event moved[] = {{.stream = "a-0", .type = "s"},
                               {.stream = "a-1",
                                .type = "t",
                                .payload = as_bytes("x"),
                                .id = vd::derive_event_id(numbered(5), 0)}};
    const auto one = vd::batch_builder::encode({numbered(5), event}, chain::blake2b).value();
    const auto other = vd::batch_builder::encode({numbered(5), event}, chain::blake2b).value();
    EXPECT_EQ(one.digest(), other.digest());
    const auto changed = vd::batch_builder::encode({numbered(5), moved}, chain::blake2b).value();
    EXPECT_NE(one.digest(), changed.digest());
}

// semantics.md §11: the same content is recognised also when the hash algorithm was changed between
TEST(stored_format, a_digest_can_be_made_under_another_algorithm) {
    const new_event event[] = {{.stream = "a-1", .type = "t", .payload = as_bytes("x")}};
    const auto chained = vd::batch_builder::encode({numbered(5), event}, chain::blake2b).value();
    const auto plain = vd::batch_builder::encode({numbered(5), event}, chain::none).value();
    EXPECT_NE(chained.digest(), plain.digest());
    EXPECT_EQ(chained.digest_under(chain::none), plain.digest());
    EXPECT_EQ(plain.digest_under(chain::blake2b), chained.digest());
}

TEST(stored_format, the_identity_refuses_damage_and_newer_formats) {
    auto stored = vd::encode_identity({{as_id<store_id>(numbered(1)), epoch{3}}, noon});
    const auto read = vd::decode_identity(stored);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->identity.epoch, epoch{3});
    EXPECT_EQ(read->created_at, noon);
    stored[20] ^= std::byte{1};
    EXPECT_EQ(vd::decode_identity(stored).error().code, errc::corrupt);
    auto body = to_bytes(bytes_view{stored}.subspan(8));
    vd::store(body.data(), format_version + 1);
    const auto newer = vd::decode_identity(vd::with_checksum(body));
    EXPECT_EQ(newer.error().code, errc::foreign);
    EXPECT_NE(newer.error().message.find("format 2"), std::string::npos);
}

}  // namespace
