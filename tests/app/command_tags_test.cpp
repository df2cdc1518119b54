// Tags of events, from where they are declared or given to where they are asked for.
#include "owned.pb.h"
#include "stores/memory.hpp"

#include <varve/command_bus.hpp>
#include <varve/given.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace school {

struct Enrolled {
    static constexpr std::string_view wire_name = "school.enrolled";
    std::int64_t student;
    std::int64_t course;
    std::array<std::string, 2> tags() const {
        return {"student:" + std::to_string(student), "course:" + std::to_string(course)};
    }
    static constexpr auto fields = varve::fields(varve::field("student", &Enrolled::student),
                                                 varve::field("course", &Enrolled::course));
};

struct Reminded {
    static constexpr std::string_view wire_name = "school.reminded";
    std::int64_t days;
    static constexpr auto fields = varve::fields(varve::field("days", &Reminded::days));
};

struct Enrol {
    std::int64_t student;
    std::int64_t course;
};
struct Remind {
    std::int64_t student;
    std::string campaign;
};

struct Student {
    static constexpr std::string_view category = "student";
    using events = varve::events<Enrolled, Reminded, varve::test::Owned>;
    int courses = 0;
    void evolve(const Enrolled&) noexcept { ++courses; }
    void evolve(const Reminded&) noexcept {}
    void evolve(const varve::test::Owned&) noexcept {}
};

struct EnrolHandler {
    static auto key(const Enrol& command) { return command.student; }
    varve::decision<Student> operator()(const Student&, const Enrol& command) const {
        varve::test::Owned owned;
        owned.set_owner("ada");
        return {Enrolled{command.student, command.course}, std::move(owned)};
    }
};

struct RemindHandler {
    static auto key(const Remind& command) { return command.student; }
    varve::decision<Student> operator()(const Student& student, const Remind& command) const {
        if (student.courses == 0) return varve::nothing;
        return {Reminded{1}, varve::tagged(Reminded{7}, "campaign:" + command.campaign),
                varve::tagged(Enrolled{command.student, 9}, "by-hand")};
    }
};

}  // namespace school

template <>
struct varve::event_tags<varve::test::Owned> {
    static std::vector<std::string> of(const varve::test::Owned& event) {
        if (event.owner().empty()) return {};
        return {"owner:" + event.owner()};
    }
};

namespace {

using namespace school;
using varve::event_query;

struct command_tags : testing::Test {
    varve::memory_store store = varve::tests::open_memory().value();
    varve::command_bus<varve::memory_store, varve::commands<EnrolHandler, RemindHandler>> bus{
        store, varve::environment::system()};

    std::vector<std::uint64_t> tagged(std::vector<std::string> tags) {
        std::vector<std::uint64_t> found;
        const auto page = store.read_query(event_query::tagged(std::move(tags))).value();
        for (const auto& event : page) found.push_back(event.position.value);
        return found;
    }
    using positions = std::vector<std::uint64_t>;
};

// semantics.md §8, §16
TEST_F(command_tags, declared_at_the_event_or_beside_a_message_are_stored_with_it) {
    ASSERT_TRUE(bus.send(Enrol{7, 3}));
    ASSERT_TRUE(bus.send(Enrol{8, 3}));
    EXPECT_EQ(tagged({"course:3"}), (positions{1, 3}));
    EXPECT_EQ(tagged({"course:3", "student:8"}), positions{3});
    EXPECT_EQ(tagged({"owner:ada"}), (positions{2, 4})) << "a Protobuf message's";
}

// semantics.md §8, §16
TEST_F(command_tags, given_by_hand_come_beside_those_that_are_declared) {
    ASSERT_TRUE(bus.send(Enrol{7, 3}));
    ASSERT_TRUE(bus.send(Remind{7, "spring"}));
    EXPECT_EQ(tagged({"campaign:spring"}), positions{4});
    EXPECT_EQ(tagged({"student:7"}), (positions{1, 5}));
    EXPECT_EQ(tagged({"by-hand", "course:9", "student:7"}), positions{5});
    const auto page = store.read_log({.after = varve::position{2}}).value();
    EXPECT_TRUE(page[0].tags.empty());
}

// semantics.md §21
TEST_F(command_tags, of_a_command_break_a_boundary_that_is_open_on_them) {
    const auto head = store.head();
    ASSERT_TRUE(bus.send(Enrol{7, 3}));
    const varve::condition full{event_query::tagged({"course:3"}), head};
    const varve::new_event event{.stream = "course-3", .type = "closed"};
    const auto refused = store.append(
        {.id = varve::environment::system().ids().next<varve::append_id>(),
         .events = {&event, 1},
         .conditions = {&full, 1}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, varve::errc::conflict);
    EXPECT_EQ(refused.error().conditions.at(0).found, varve::position{1});
}

TEST_F(command_tags, are_part_of_what_a_scenario_expects) {
    const auto reminded = varve::given<Student>(Enrolled{7, 3})
                              .when<RemindHandler>(Remind{7, "spring"});
    reminded.then(Reminded{1}, varve::tagged(Reminded{7}, "campaign:spring"),
                  varve::tagged(Enrolled{7, 9}, "by-hand"));
    try {
        reminded.then(Reminded{1}, Reminded{7}, varve::tagged(Enrolled{7, 9}, "by-hand"));
        FAIL() << "a tag by hand was not missed";
    } catch (const varve::scenario_failed& failed) {
        EXPECT_NE(std::string{failed.what()}.find("#campaign:spring"), std::string::npos)
            << failed.what();
    }
}

}  // namespace
