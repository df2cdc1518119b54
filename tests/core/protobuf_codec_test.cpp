#include "required.pb.h"
#include "sample.pb.h"

#include <varve/codec.hpp>
#include <varve/print.hpp>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

template <>
inline constexpr std::string_view varve::wire_name<varve::test::Everything_Inner> =
    "varve.test.Everything.Inner";

namespace {

namespace pb = google::protobuf;
using varve::errc;
using varve::test::Deposited;
using varve::test::Everything;
using varve::test::Withdrawn;

Everything sample() {
    Everything all;
    all.set_ratio(0.1);
    all.set_large(~0ull);
    all.set_raw(std::string("\0\xff", 2));
    all.add_many(-1);
    (*all.mutable_counts())["a"] = 1;
    all.mutable_price()->set_currency("EUR");
    all.set_number(7);
    return all;
}

// semantics.md §8
TEST(protobuf_codec, a_message_comes_back_as_it_was_without_a_line_of_glue) {
    const auto back = varve::decode<Everything>(varve::encode(sample()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->SerializeAsString(), sample().SerializeAsString());
    EXPECT_TRUE(varve::decode<Deposited>({})) << "an empty message has an empty payload";
}

TEST(protobuf_codec, the_wire_name_is_the_full_name_and_known_while_compiling) {
    static_assert(varve::wire_name<Deposited> == "varve.test.Deposited");
    EXPECT_EQ(varve::describe_type<Deposited>().type, Deposited::descriptor()->full_name());
    EXPECT_EQ(varve::describe_type<varve::test::Everything_Inner>().type,
              "varve.test.Everything.Inner");
    static_assert(varve::schema_version<Deposited> == 1);
}

TEST(protobuf_codec, a_payload_is_printed_from_the_stored_descriptor_alone) {
    const auto& described = varve::describe_type<Everything>();
    EXPECT_EQ(described.encoding, varve::encoding::protobuf);
    pb::FileDescriptorSet files;
    ASSERT_TRUE(files.ParseFromArray(described.descriptor.data(),
                                     static_cast<int>(described.descriptor.size())));
    pb::DescriptorPool pool;
    for (const auto& file : files.file())  // fails unless imports come first
        ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
    const auto* type = pool.FindMessageTypeByName(std::string{described.type});
    ASSERT_NE(type, nullptr);

    pb::DynamicMessageFactory factory{&pool};
    const std::unique_ptr<pb::Message> message{factory.GetPrototype(type)->New()};
    const auto payload = varve::encode(sample());
    ASSERT_TRUE(message->ParseFromArray(payload.data(), static_cast<int>(payload.size())));
    EXPECT_EQ(message->ShortDebugString(), sample().ShortDebugString());
}

TEST(protobuf_codec, bytes_that_are_not_the_message_are_refused_by_name) {
    const varve::bytes torn{std::byte{0x08}, std::byte{0x80}};
    const auto back = varve::decode<Deposited>(torn);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, errc::undecodable);
    EXPECT_EQ(back.error().message.find("varve.test.Deposited: "), 0u) << back.error().message;
}

// Protobuf would write such a message and then refuse to read it: an event lost for ever.
TEST(protobuf_codec, text_that_is_not_utf8_is_refused_before_it_is_stored) {
    Withdrawn event;
    event.set_reason("\xff");
    varve::bytes out{std::byte{42}};
    testing::internal::CaptureStderr();
    const auto written = varve::try_encode(event, out);
    testing::internal::GetCapturedStderr();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, errc::invalid_argument);
    EXPECT_EQ(written.error().message, "varve.test.Withdrawn: holds text that is not UTF-8");
    EXPECT_EQ(out.size(), 1u);
}

TEST(protobuf_codec, a_message_that_lacks_a_required_field_is_refused_before_it_is_stored) {
    varve::bytes out;
    const auto written = varve::try_encode(varve::test::Strict{}, out);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, errc::invalid_argument);
    EXPECT_EQ(written.error().message, "varve.test.Strict: lacks cents");
    varve::test::Strict whole;
    whole.set_cents(0);
    EXPECT_TRUE(varve::try_encode(whole, out));
}

TEST(protobuf_codec, a_message_is_shown_with_its_fields) {
    Deposited event;
    event.set_cents(5);
    EXPECT_EQ(varve::to_text(event), "varve.test.Deposited{cents: 5}");
}

}  // namespace
