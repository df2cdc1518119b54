// The package log as a store: its quirks, its rotation, and an honest comparison.

#include "dpkg/compare.hpp"
#include "dpkg/importer.hpp"
#include "samples/program.hpp"
#include "stores/memory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace dpkg;
using sample_test::scratch;
using varve::errc;

// A day of a package log: many lines share a second, two are the same, and one ends a run in between.
const std::string monday =
    "2024-03-04 10:00:00 startup archives unpack\n"
    "2024-03-04 10:00:00 install libstdc++6:amd64 <none> 12.2.0-14+b1\n"
    "2024-03-04 10:00:00 status half-installed libstdc++6:amd64 12.2.0-14+b1\n"
    "2024-03-04 10:00:00 status triggers-pending libc-bin:amd64 2.36-9\n"
    "2024-03-04 10:00:00 status triggers-pending libc-bin:amd64 2.36-9\n"
    "2024-03-04 10:00:00 status unpacked libstdc++6:amd64 12.2.0-14+b1\n"
    "2024-03-04 10:00:00 install adduser:all <none> 1:3.134\n"
    "2024-03-04 10:00:00 status unpacked adduser:all 1:3.134\n"
    "2024-03-04 10:00:00 startup packages configure\n"
    "2024-03-04 10:00:00 conffile /etc/adduser.conf keep\n"
    "2024-03-04 10:00:00 status installed adduser:all 1:3.134\n"
    "2024-03-04 10:00:00 status installed libstdc++6:amd64 12.2.0-14+b1\n"
    "2024-03-04 10:00:01 trigproc libc-bin:amd64 2.36-9 <none>\n"
    "2024-03-04 10:00:01 status installed libc-bin:amd64 2.36-9\n";
const std::string tuesday =
    "2024-03-05 09:00:00 startup packages remove\n"
    "2024-03-05 09:00:00 remove adduser:all 1:3.134 <none>\n"
    "2024-03-05 09:00:00 status config-files adduser:all 1:3.134\n"
    "2024-03-05 09:00:00 purge adduser:all 1:3.134 <none>\n"
    "2024-03-05 09:00:00 status not-installed adduser:all <none>\n"
    "2024-03-05 09:00:00 upgrade libc-bin:amd64 2.36-9 2.36-10\n"
    "2024-03-05 09:00:00 status half-configured libc-bin:amd64 2.36-9\n";
const std::string now_monday =
    "adduser:all 1:3.134 install ok installed\n"
    "libc-bin:amd64 2.36-9 install ok installed\n"
    "libstdc++6:amd64 12.2.0-14+b1 install ok installed\n";

class a_package_log : public testing::Test {
protected:
    import_counts take(const std::vector<log_file>& files) {
        return import_logs(store_, files).value();
    }
    import_counts take(const std::string& text) { return take({split_lines("dpkg.log", text)}); }

    comparison compare_with(const std::string& query) {
        return compare(store_, parse_installed(query).value()).value();
    }

    Package package(const std::string& name) {
        return varve::load<Package>(store_, "package-" + name).value().state;
    }

    varve::memory_store store_ = varve::tests::open_memory().value();
};

TEST_F(a_package_log, becomes_one_stream_per_package_in_the_order_of_its_lines) {
    const auto counts = take(monday);
    EXPECT_EQ(counts.lines, 14u);
    EXPECT_EQ(counts.stored, 14u);
    std::vector<std::string> names;
    for (const auto& stream : store_.streams()) names.push_back(stream.name);
    EXPECT_EQ(names,
              (std::vector<std::string>{"dpkg-conffile", "dpkg-startup", "package-adduser:all",
                                        "package-libc-bin:amd64", "package-libstdc++6:amd64"}));
    const auto log = store_.read_log({}).value();
    ASSERT_EQ(log.size(), 14u);
    EXPECT_EQ(log[5].stream, "package-libstdc++6:amd64");
    EXPECT_EQ(varve::as_text(log[5].payload), R"({"status":"unpacked","version":"12.2.0-14+b1"})");
}

TEST_F(a_package_log, keeps_the_time_of_its_own_machine_and_the_run_that_a_line_belongs_to) {
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
    take(monday);
    ::unsetenv("TZ");
    ::tzset();
    using namespace std::chrono;
    const auto log = store_.read_log({}).value();
    EXPECT_EQ(log[0].occurred_at, varve::timestamp{sys_days{2024y / March / 4} + 9h});
    EXPECT_EQ(log[1].correlation, varve::as_id<varve::message_id>(log[0].append));
    EXPECT_EQ(log[10].correlation, varve::as_id<varve::message_id>(log[8].append));
}

TEST_F(a_package_log, taken_twice_doubles_nothing) {  // semantics.md §11, §13
    take(monday);
    const auto head = store_.head();
    const auto again = take(monday);
    EXPECT_EQ(again.stored, 0u);
    EXPECT_EQ(again.known, 14u);
    EXPECT_EQ(store_.head(), head);
}

TEST_F(a_package_log, two_equal_lines_of_one_second_are_two_events) {
    take(monday);
    EXPECT_EQ(store_.read_stream("package-libc-bin:amd64").value().size(), 4u);
}

TEST_F(a_package_log, a_torn_last_line_is_left_until_it_is_whole) {
    const auto torn = split_lines("dpkg.log", monday.substr(0, monday.size() - 5));
    EXPECT_TRUE(torn.torn);
    EXPECT_EQ(take({torn}).stored, 13u);
    EXPECT_EQ(package("libc-bin:amd64").under_way, "trigproc");
    const auto whole = take(monday);
    EXPECT_EQ(whole.known, 13u);
    EXPECT_EQ(whole.stored, 1u);
    EXPECT_EQ(package("libc-bin:amd64").status, "installed");
}

TEST_F(a_package_log, a_line_that_dpkg_would_not_write_is_named_and_not_stored) {
    const auto counts = take(monday +
                             "2024-03-04 10:00:02 status installed\n\n"
                             "2024-13-99 10:00:02 status installed a:all 1\n"
                             "2024-03-04 10:00:02 explode adduser:all 1 2\n");
    EXPECT_EQ(counts.stored, 14u);
    ASSERT_EQ(counts.foreign.size(), 4u);
    EXPECT_EQ(counts.foreign[0], "dpkg.log, line 15: 2024-03-04 10:00:02 status installed");
}

TEST_F(a_package_log, stays_the_same_when_it_is_rotated_and_compressed) {
    take(monday);
    const scratch at;
    at.write("dpkg.log.1", monday);
    ASSERT_EQ(std::system(("gzip " + at.path("dpkg.log.1")).c_str()), 0);
    at.write("dpkg.log", tuesday);
    const auto files = read_logs({at.path("dpkg.log"), at.path("dpkg.log.1.gz")}).value();
    EXPECT_EQ(files[0].path, at.path("dpkg.log.1.gz"));
    const auto counts = take(files);
    EXPECT_EQ(counts.known, 14u);
    EXPECT_EQ(counts.stored, 7u);
    EXPECT_EQ(package("adduser:all").status, "not-installed");
}

TEST_F(a_package_log, history_is_not_written_backwards) {
    take(tuesday);
    const auto head = store_.head();
    EXPECT_EQ(import_logs(store_, {split_lines("old", monday)}).error().code,
              errc::invalid_argument);
    EXPECT_EQ(
        import_logs(store_, {split_lines("old", monday), split_lines("new", tuesday)}).error().code,
        errc::invalid_argument);
    EXPECT_EQ(store_.head(), head);
}

TEST_F(a_package_log, agrees_with_dpkg_query_package_by_package) {
    take(monday);
    const auto made = compare_with(now_monday + "older:amd64 1 install ok installed\n");
    EXPECT_EQ(made.packages, 3u);
    EXPECT_EQ(made.equal, 3u);
    EXPECT_EQ(made.not_logged, 1u);
    EXPECT_TRUE(made.good());
}

TEST_F(a_package_log, an_installed_package_that_dpkg_query_sees_otherwise_is_a_fault) {
    take(monday);
    const auto made = compare_with(
        "libc-bin:amd64 2.36-9 install ok half-configured\n"
        "libstdc++6:amd64 12.2.0-15 install ok installed\n");
    ASSERT_EQ(made.differences.size(), 3u);
    EXPECT_FALSE(made.good());
    EXPECT_EQ(made.differences[0].package, "adduser:all");
    EXPECT_EQ(made.differences[0].reason,
              "the log ends with installed 1:3.134, dpkg-query does not know it");
    EXPECT_EQ(made.differences[2].reason,
              "the log ends with installed 12.2.0-14+b1, dpkg-query says installed 12.2.0-15");
    for (const auto& each : made.differences) EXPECT_TRUE(each.fault) << each.package;
}

TEST_F(a_package_log, a_difference_that_the_log_explains_is_listed_and_no_fault) {
    take(monday + tuesday);
    const auto made = compare_with(
        "libc-bin:amd64 2.36-10 install ok installed\n"
        "libstdc++6:amd64 12.2.0-14+b1 install ok installed\n");
    EXPECT_EQ(made.equal, 2u);  // adduser is gone in both
    ASSERT_EQ(made.differences.size(), 1u);
    EXPECT_EQ(made.differences[0].reason,
              "the log ends with half-configured 2.36-9, dpkg-query says installed 2.36-10");
    EXPECT_TRUE(made.good());
}

TEST_F(a_package_log, a_package_logged_with_another_architecture_is_found_only_if_one_side_is_all) {
    take(
        "2024-03-04 10:00:00 status installed tzdata:amd64 1\n"
        "2024-03-04 10:00:00 status installed old-style 2\n"
        "2024-03-04 10:00:00 status installed libc6:i386 3\n");
    const auto made = compare_with(
        "tzdata:all 1 install ok installed\n"
        "old-style:amd64 2 install ok installed\n"
        "libc6:amd64 3 install ok installed\n");
    EXPECT_EQ(made.equal, 2u);
    ASSERT_EQ(made.differences.size(), 1u);
    EXPECT_EQ(made.differences[0].package, "libc6:i386");
    EXPECT_EQ(made.not_logged, 1u);
}

class the_dpkg_program : public testing::Test {
protected:
    sample_test::ended run(const std::string& log, const std::string& query) {
        return sample_test::run(at_, "dpkg",
                                {at_.write("dpkg.log", log), "--store", at_.path("dpkg.db"),
                                 "--installed", at_.write("query", query)});
    }
    scratch at_;
};

TEST_F(the_dpkg_program, run_twice_over_a_torn_log_doubles_nothing) {
    const auto first = run(monday + "2024-03-04 10:00:02 status inst", now_monday);
    EXPECT_EQ(first.code, 0) << first.output;
    EXPECT_NE(first.output.find("          14  stored now"), std::string::npos) << first.output;
    EXPECT_NE(first.output.find("the last line is not whole yet"), std::string::npos)
        << first.output;
    const auto second = run(monday, now_monday);
    EXPECT_EQ(second.code, 0) << second.output;
    EXPECT_NE(second.output.find("           0  stored now"), std::string::npos) << second.output;
}

TEST_F(the_dpkg_program, lists_a_disagreement_and_fails) {
    const auto shown = run(monday, "");
    EXPECT_EQ(shown.code, 1);
    EXPECT_NE(shown.output.find("! libc-bin:amd64: the log ends with installed"), std::string::npos)
        << shown.output;
}

TEST_F(the_dpkg_program, says_that_there_is_no_log) {
    const auto empty = run("", now_monday);
    EXPECT_EQ(empty.code, 3);
    EXPECT_NE(empty.output.find("there is no package log here, or it is empty"), std::string::npos)
        << empty.output;
    EXPECT_EQ(sample_test::run(at_, "dpkg", {at_.path("nowhere")}).code, 3);
    EXPECT_EQ(sample_test::run(at_, "dpkg", {"--stroe", "x"}).code, 2);
}

}  // namespace
