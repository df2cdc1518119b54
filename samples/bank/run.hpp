// A load run: several threads send commands, and keep what they were told.
#pragma once

#include "ack_file.hpp"
#include "statement.hpp"
#include "traffic.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace bank {

struct run_counts {
    std::atomic<std::uint64_t> answered_before{0};  ///< In the ack file already: not sent again.
    std::atomic<std::uint64_t> stored{0};
    std::atomic<std::uint64_t> found_again{
        0};  ///< Stored before this run, never answered until now.
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<std::uint64_t> conflicts{0};  ///< Somebody was faster: loaded and decided again.
};

class load_run {
public:
    load_run(Bank& bank, varve::position head, const traffic& what, const acks& answered,
             ack_writer& told)
        : bank_(&bank), head_(head), what_(what), told_(&told) {
        for (const auto& each : answered.all) answered_.insert(each.id);
    }

    /// Sends the commands numbered [0, `commands`) that were not answered before; those that open
    /// accounts are answered before others are sent. Fails with the first failure of any thread.
    varve::result<void> send_all(std::uint64_t commands, unsigned threads) {
        const auto openings = std::min(commands, what_.accounts);
        send_range(0, openings, threads);
        send_range(openings, commands, threads);
        if (failed_) return std::unexpected(*failed_);
        return {};
    }

    const run_counts& counts() const noexcept { return counts_; }

private:
    void send_range(std::uint64_t from, std::uint64_t to, unsigned threads) {
        std::atomic<std::uint64_t> next{from};
        std::vector<std::jthread> senders;
        for (unsigned i = 0; i < threads; ++i)
            senders.emplace_back([&] {
                for (auto n = next++; n < to && !stop_; n = next++) send_numbered(n);
            });
    }

    void send_numbered(std::uint64_t number) {
        const auto id = what_.id(number);
        if (answered_.contains(id)) {
            ++counts_.answered_before;
            return;
        }
        const auto command = what_.command(number);
        ack told{.id = id, .first = {}, .last = {}, .account = account_of(command), .cents = 0};
        if (auto done = send(command, id)) {
            told.first = done->first;
            told.last = done->last;
            told.cents = cents_of(command);
            ++(done->last <= head_ ? counts_.found_again : counts_.stored);
        } else if (done.error().code == varve::errc::rejected) {
            ++counts_.rejected;
        } else {
            return give_up(std::move(done).error());
        }
        if (auto kept = told_->add(told); !kept) give_up(std::move(kept).error());
    }

    /// A conflict is not an error: the account has moved on, so load and decide again.
    varve::result<varve::receipt> send(const any_command& command, const varve::append_id& id) {
        for (;;) {
            auto done = std::visit([&](const auto& each) { return bank_->send(each, {.id = id}); },
                                   command);
            if (done || done.error().code != varve::errc::conflict || stop_) return done;
            ++counts_.conflicts;
        }
    }

    void give_up(varve::failure why) {
        const std::lock_guard lock{mutex_};
        if (!failed_) failed_ = std::move(why);
        stop_ = true;
    }

    Bank* bank_;
    varve::position head_;  ///< Of the log before this run.
    traffic what_;
    ack_writer* told_;
    std::set<varve::append_id> answered_;
    run_counts counts_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::optional<varve::failure> failed_;
};

}  // namespace bank
