// Statements, values and rows: what goes into a table comes back, and what does not fit is said.
#include <varve/projections/rows.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace {

using varve::errc;
using varve::detail::count_parameters;

static_assert(count_parameters("select 1") == 0);
static_assert(count_parameters("select ?1, ?2, ?1") == 2);
static_assert(count_parameters("select ?12") == 12);
static_assert(count_parameters("select '?3 :a', \"?4\", `?5`, [?6], 'it''s ?7' -- ?8\n, ?1") == 1);
static_assert(count_parameters("select /* ?2 @b */ ?1 -- $c") == 1);
static_assert(count_parameters("select 'open ?1") == 0);

enum class colour : std::uint8_t { red = 1, blue = 2 };

struct everything {
    std::int64_t whole;
    std::uint8_t small;
    double real;
    std::string text;
    varve::bytes octets;
    varve::position at;
    varve::timestamp when;
    varve::store_id id;
    colour paint;
    bool flag;
    std::optional<std::int32_t> none;
    std::optional<std::string> some;
};
static_assert(varve::detail::count_members<everything>() == 12);

struct one_member {
    std::string only;
};
static_assert(varve::detail::count_members<one_member>() == 1);

class table : public testing::Test {
protected:
    varve::detail::sqlite_link link{
        varve::sqlite_connection::open(":memory:", {.access = varve::sqlite_access::create})
            .value()};
    varve::row_writer write{link};
    varve::rows<void> read{link, varve::position{9}};
};

TEST_F(table, gives_back_every_kind_of_value_as_it_was) {
    write.run(
        "create table t(a integer, b integer, c real, d text, e blob, f integer, g integer,"
        " h blob, i integer, j integer, k integer, l text) strict");
    const everything in{
        .whole = std::numeric_limits<std::int64_t>::min(),
        .small = 255,
        .real = 0.1,
        .text = std::string{"a\0\xff", 3},
        .octets = {std::byte{0}, std::byte{255}},
        .at = varve::position{1ull << 42},
        .when = varve::timestamp{std::chrono::nanoseconds{-1}},
        .id = varve::parse_id<varve::store_id>("018f6c2a-0000-7000-8000-000000000001").value(),
        .paint = colour::blue,
        .flag = true,
        .none = std::nullopt,
        .some = ""};
    const auto changed = write.run(
        "insert into t values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", in.whole,
        in.small, in.real, in.text, in.octets, in.at, in.when, in.id, in.paint, in.flag, in.none,
        in.some);
    EXPECT_EQ(changed, 1);
    ASSERT_FALSE(write.failed()) << to_string(*write.failed());

    const auto out = read.one<everything>("select * from t");
    ASSERT_TRUE(out) << to_string(out.error());
    ASSERT_TRUE(*out);
    EXPECT_EQ((*out)->whole, in.whole);
    EXPECT_EQ((*out)->small, in.small);
    EXPECT_EQ((*out)->real, in.real);
    EXPECT_EQ((*out)->text, in.text);
    EXPECT_EQ((*out)->octets, in.octets);
    EXPECT_EQ((*out)->at, in.at);
    EXPECT_EQ((*out)->when, in.when);
    EXPECT_EQ((*out)->id, in.id);
    EXPECT_EQ((*out)->paint, in.paint);
    EXPECT_EQ((*out)->flag, in.flag);
    EXPECT_EQ((*out)->none, in.none);
    EXPECT_EQ((*out)->some, in.some);
}

TEST_F(table, gives_one_row_none_or_all_in_the_order_asked_for) {
    write.run("create table t(n integer, s text) strict");
    for (int n : {2, 3, 1}) write.run("insert into t values(?1, ?2)", n, "n" + std::to_string(n));
    EXPECT_EQ(read.one<int>("select n from t where s = ?1", "n3").value(), 3);
    EXPECT_EQ(read.one<int>("select n from t where s = ?1", std::string_view{"n4"}).value(),
              std::nullopt);
    EXPECT_EQ(read.all<int>("select n from t order by n").value(), (std::vector{1, 2, 3}));
    EXPECT_EQ(read.all<int>("select n from t where n > 3").value(), std::vector<int>{});
    const auto both = read.all<int, std::string>("select n, s from t where n < 3 order by n desc")
                          .value();
    EXPECT_EQ(both,
              (std::vector{std::tuple{2, std::string{"n2"}}, std::tuple{1, std::string{"n1"}}}));
    EXPECT_EQ(write.run("update t set n = n + 1 where n > ?1", 1), 2);
    EXPECT_EQ(read.as_of(), varve::position{9});
}

TEST_F(table, a_value_never_becomes_part_of_the_statement) {
    write.run("create table t(s text) strict");
    const std::string evil = "'); drop table t; --";
    write.run("insert into t values(?1)", evil);
    EXPECT_EQ(read.one<std::string>("select s from t").value(), evil);
}

TEST_F(table, says_which_column_does_not_fit_what_it_is_read_as) {
    const auto message = [](const auto& failed) {
        return failed ? "nothing" : failed.error().message;
    };
    EXPECT_EQ(message(read.one<std::int64_t>("select null as cents")),
              "column 'cents' holds NULL, read as INTEGER");
    EXPECT_EQ(message(read.one<std::string>("select 7 as name")),
              "column 'name' holds INTEGER, read as TEXT");
    EXPECT_EQ(message(read.one<std::int32_t>("select 5000000000 as n")),
              "column 'n' holds a number out of range");
    EXPECT_EQ(message(read.one<std::uint8_t>("select -1 as n")),
              "column 'n' holds a number out of range");
    EXPECT_EQ(message(read.one<colour>("select 256 as n")),
              "column 'n' holds a number out of range");
    EXPECT_EQ(message(read.one<bool>("select 2 as n")), "column 'n' holds a number out of range");
    EXPECT_EQ(message(read.one<std::uint64_t>("select -1 as n")),
              "column 'n' holds a number out of range");
    EXPECT_EQ(message(read.one<varve::store_id>("select x'00' as id")),
              "column 'id' holds an identifier that is not of 16 bytes");
    EXPECT_EQ(read.one<std::int64_t>("select null").error().code, errc::undecodable);
    EXPECT_EQ(read.one<double>("select 7").value(), 7.0);
    EXPECT_EQ(read.one<bool>("select 0").value(), false);
    const auto null = read.one<std::optional<int>>("select null").value();
    ASSERT_TRUE(null) << "a row that holds NULL is a row";
    EXPECT_EQ(*null, std::nullopt);
    EXPECT_FALSE(read.one<std::optional<int>>("select null where 0").value());
    EXPECT_EQ((read.one<int, int>("select 1").error().code), errc::invalid_argument);
    EXPECT_EQ(read.one<one_member>("select 'a', 'b'").error().code, errc::invalid_argument);
}

TEST_F(table, refuses_a_statement_that_sqlite_does_not_understand_and_a_value_beyond_63_bits) {
    EXPECT_EQ(read.one<int>("select nothing from nowhere").error().code, errc::invalid_argument);
    EXPECT_EQ(
        read.one<std::int64_t>("select ?1", std::numeric_limits<std::uint64_t>::max()).error().code,
        errc::too_large);
}

TEST_F(table, a_writer_keeps_its_first_failure_and_does_nothing_more) {
    write.run("create table t(n integer primary key) strict");
    write.run("insert into t values(?1)", 1);
    EXPECT_EQ(write.run("insert into t values(?1)", 1), 0);
    ASSERT_TRUE(write.failed());
    const auto first = write.failed()->message;
    EXPECT_NE(first.find("UNIQUE"), std::string::npos) << first;
    EXPECT_EQ(write.run("insert into t values(?1)", 2), 0);
    EXPECT_FALSE(write.one<int>("select n from t"));
    EXPECT_FALSE(write.all<int>("select n from t"));
    EXPECT_EQ(write.failed()->message, first);
    EXPECT_EQ(read.all<int>("select n from t").value(), std::vector{1});
}

}  // namespace
