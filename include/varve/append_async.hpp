// Appends that nobody blocks for, as a future and as an awaitable, over any store that takes a callback.
//
//     auto answer = varve::append_future(store, request);                     // std::future
//     auto stored = co_await varve::append_awaitable(store, request);         // in a coroutine
//
// Both copy what they need of the request and begin before they return, so the request may be gone by
// the time the answer is there. Both give what the blocking `append` gives, refusals included.
#pragma once

#include <varve/append.hpp>
#include <varve/environment.hpp>

#include <concepts>
#include <coroutine>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace varve::inline v0 {

/// A store that takes appends with a callback, and knows where tasks run.
template <class S>
concept async_store = requires(S& store, const append_request& request,
                               std::move_only_function<void(result<receipt>)> done) {
    store.append_async(request, std::move(done));
    { store.environment() } -> std::convertible_to<environment&>;
};

/// The answer as a future. It is always answered; its destructor does not wait.
template <async_store Store>
[[nodiscard]] std::future<result<receipt>> append_future(Store& store,
                                                         const append_request& request) {
    std::promise<result<receipt>> promise;
    auto answer = promise.get_future();
    store.append_async(request, [promise = std::move(promise)](result<receipt> given) mutable {
        promise.set_value(std::move(given));
    });
    return answer;
}

namespace detail {

/// What an awaited append and whoever answers it share.
class awaited_append : public std::enable_shared_from_this<awaited_append> {
public:
    explicit awaited_append(executor& where) noexcept : where_(&where) {}

    bool answered() {
        const std::lock_guard lock{mutex_};
        return answer_.has_value();
    }
    /// False if the answer is there already.
    bool suspend(std::coroutine_handle<> waiting) {
        const std::lock_guard lock{mutex_};
        if (answer_) return false;
        waiting_ = waiting;
        return true;
    }
    void answer(result<receipt> given) {
        bool awaited = false;
        {
            const std::lock_guard lock{mutex_};
            answer_ = std::move(given);
            awaited = static_cast<bool>(waiting_);
        }
        if (awaited) where_->post(resumption{shared_from_this()});
    }
    /// A coroutine that ends while it waits is not resumed any more.
    void forget() {
        const std::lock_guard lock{mutex_};
        waiting_ = {};
    }
    result<receipt> take() {
        const std::lock_guard lock{mutex_};
        return std::move(*answer_);
    }

private:
    /// Resumes when it is run; if the executor drops it instead, there.
    class resumption {
    public:
        explicit resumption(std::shared_ptr<awaited_append> of) noexcept : of_(std::move(of)) {}
        resumption(resumption&&) noexcept = default;
        resumption& operator=(resumption&&) = delete;
        ~resumption() {
            if (of_) of_->resume();
        }
        void operator()() { std::exchange(of_, {})->resume(); }

    private:
        std::shared_ptr<awaited_append> of_;
    };

    /// Goes on with whoever still waits.
    void resume() {
        std::coroutine_handle<> waiting;
        {
            const std::lock_guard lock{mutex_};
            waiting = std::exchange(waiting_, {});
        }
        if (waiting) waiting.resume();
    }

    executor* where_;
    std::mutex mutex_;
    std::optional<result<receipt>> answer_;
    std::coroutine_handle<> waiting_;
};

}  // namespace detail

/// An append under way, to be awaited once. Whoever awaits it goes on at once if the answer is there,
/// else on the store's executor (never on the thread of another appender, so it may block and append
/// again). A coroutine that waits may be destroyed until it goes on; the append is answered all the
/// same.
class [[nodiscard]] pending_receipt {
public:
    explicit pending_receipt(std::shared_ptr<detail::awaited_append> state) noexcept
        : state_(std::move(state)) {}
    pending_receipt(pending_receipt&&) noexcept = default;
    pending_receipt& operator=(pending_receipt&&) = delete;
    ~pending_receipt() {
        if (state_) state_->forget();
    }

    bool await_ready() const { return state_->answered(); }
    bool await_suspend(std::coroutine_handle<> waiting) {
        const auto kept = state_;  // once it waits, this object may be gone
        return kept->suspend(waiting);
    }
    result<receipt> await_resume() { return state_->take(); }

private:
    std::shared_ptr<detail::awaited_append> state_;
};

/// Begins an append; `co_await` gives its answer.
template <async_store Store>
pending_receipt append_awaitable(Store& store, const append_request& request) {
    environment& env = store.environment();
    auto state = std::make_shared<detail::awaited_append>(env.executor());
    store.append_async(request,
                       [state](result<receipt> given) { state->answer(std::move(given)); });
    return pending_receipt{std::move(state)};
}

}  // namespace varve::inline v0
