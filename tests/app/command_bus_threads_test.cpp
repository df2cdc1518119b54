// What holds of the command bus beside the order of things: threads, handlers with state, allocations.
#include "core/account.hpp"
#include "stores/memory.hpp"

#include <varve/command_bus.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

thread_local std::size_t allocated = 0;

}  // namespace

// Counts for the whole program; only this file looks. clang's ThreadSanitizer brings its own.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VARVE_ALLOCATES_BY_ITSELF
#endif
#endif
#ifdef VARVE_ALLOCATES_BY_ITSELF
#define VARVE_COUNTS_ALLOCATIONS() GTEST_SKIP() << "ThreadSanitizer allocates by itself"
#else
#define VARVE_COUNTS_ALLOCATIONS() static_assert(true)
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocated;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace {

using till::Account;
using till::Deposit;
using till::Open;
using till::Withdraw;

struct command_bus_at_large : testing::Test {
    varve::memory_store store = varve::tests::open_memory().value();
    varve::environment& env = varve::environment::system();
    varve::command_bus<varve::memory_store, Account::commands> bus{store, env};
};

// semantics.md §5, §69
TEST_F(command_bus_at_large, threads_that_send_again_after_a_conflict_lose_no_update) {
    ASSERT_TRUE(bus.send(Open{"7"}));
    constexpr int threads = 4, each = 50;
    {
        std::vector<std::jthread> senders;
        for (int t = 0; t < threads; ++t)
            senders.emplace_back([this] {
                for (int i = 0; i < each;) {
                    const auto done = bus.send(Deposit{"7", 1});
                    if (done)
                        ++i;
                    else
                        ASSERT_EQ(done.error().code, varve::errc::conflict) << done.error().message;
                }
            });
    }
    EXPECT_EQ(varve::load<Account>(store, "account-7")->state.cents, threads * each);
    EXPECT_EQ(store.head(), varve::position{threads * each + 1});
}

struct Limited {
    std::int64_t limit;
    static auto key(const Deposit& command) { return command.account; }
    varve::decision<Account> operator()(const Account&, const Deposit& command) const {
        if (command.cents > limit) return varve::reject("too much");
        return till::Deposited{command.cents};
    }
};

TEST_F(command_bus_at_large, handlers_may_carry_what_they_need) {
    varve::command_bus<varve::memory_store, varve::commands<Limited>> limited{store, env,
                                                                              Limited{10}};
    EXPECT_EQ(limited.send(Deposit{"7", 11}).error().message, "too much");
    EXPECT_TRUE(limited.send(Deposit{"7", 10}));
    EXPECT_TRUE(limited.decide(Account{}, Deposit{"7", 11}).is_rejected());
}

template <class F>
std::size_t allocations(F&& f) {
    const auto before = allocated;
    f();
    return allocated - before;
}

TEST_F(command_bus_at_large, finding_a_handler_and_deciding_on_one_event_does_not_allocate) {
    VARVE_COUNTS_ALLOCATIONS();
    Account account;
    account.cents = 500;
    const Withdraw command{7, 200};
    std::size_t events = 0;
    EXPECT_EQ(allocations([&] { events = bus.decide(account, command).size(); }), 0u);
    EXPECT_EQ(events, 1u);
    EXPECT_GT(allocations([&] { ASSERT_TRUE(bus.send(Open{"7"})); }), 0u)
        << "the counter does not count";
}

TEST_F(command_bus_at_large, applying_a_flat_event_does_not_allocate) {
    VARVE_COUNTS_ALLOCATIONS();
    const auto payload = varve::encode(till::Deposited{5});
    varve::recorded_event event;
    event.stream = "account-7";
    event.type = "bank.deposited";
    event.payload = payload;
    Account account;
    EXPECT_EQ(allocations([&] { ASSERT_TRUE(varve::apply(account, event)); }), 0u);
    EXPECT_EQ(account.cents, 5);
}

}  // namespace
