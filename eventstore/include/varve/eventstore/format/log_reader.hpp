// Reads events out of an engine view: proves records, and hands out views into them.
#pragma once

#include <varve/eventstore/format/spaces.hpp>
#include <varve/store.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace varve::inline v0::detail {

/// Fills in what the batch knows of event `index`.
inline void read_event(const batch_view& batch, std::uint32_t index, const frame_view& frame,
                       recorded_event& event) {
    event.position = position{batch.first().value + index};
    event.stream = batch.streams()[frame.stream()].name;
    event.type = batch.types()[frame.type()].name;
    event.schema_version = batch.types()[frame.type()].schema_version;
    event.append = batch.append();
    event.id = frame.id(event.append, index);
    event.recorded_at = batch.recorded_at();
    frame.read_into(event);
}

/// Counts the limits of one read.
class read_budget {
public:
    read_budget(std::uint32_t events, std::size_t bytes) noexcept
        : events_(events), bytes_(bytes) {}

    /// True if one more event of this size may be given; the first always may.
    bool take(std::size_t payload) noexcept {
        if (events_ == 0 || (!first_ && payload > bytes_)) return false;
        --events_;
        bytes_ -= std::min(bytes_, payload);
        first_ = false;
        return true;
    }

private:
    std::uint32_t events_;
    std::size_t bytes_;
    bool first_ = true;
};

/// Visits the events of a record one after the other. `visit(event)` returns false to end.
/// Returns false if it was ended. Errors: `corrupt`, `foreign`, both naming the place.
class record_walker {
public:
    template <class Visit>
    result<bool> walk(bytes_view record, position first, Visit&& visit) {
        bool going = true;
        position expected = first;
        result<void> inner{};
        auto walked = each_batch(record, first, [&](bytes_view raw) {
            if (!batch_.parse(raw)) {
                inner = damage(expected, batch_.fault());
            } else if (batch_.first() != expected) {
                inner = damage(expected, "its positions do not follow");
            } else {
                expected = batch_.last().next();
                inner = walk_batch(going, visit);
            }
            return going && inner.has_value();
        });
        if (!inner) return pass_on(std::move(inner));
        if (!walked) return pass_on(std::move(walked));
        last_ = position{expected.value - 1};
        return going;
    }

    /// After a whole walk: the last position of the record.
    position last() const noexcept { return last_; }

    /// Reads single events of a record, whose positions are given in ascending or descending order.
    /// `visit(event, nth)` returns a `result<bool>`, false to end.
    template <class Visit>
    result<bool> pick(bytes_view record, position first, std::span<const std::uint64_t> wanted,
                      Visit&& visit) {
        batches_.clear();
        placed_.clear();
        auto walked = each_in_order(record, first, [&](bytes_view raw) {
            batches_.push_back(raw);
            return true;
        });
        if (!walked) return pass_on(std::move(walked));
        for (std::size_t nth = 0; nth < wanted.size(); ++nth) {
            if (auto read = pick_one(position{wanted[nth]}); !read) return pass_on(std::move(read));
            result<bool> going = visit(static_cast<const recorded_event&>(event_), nth);
            if (!going || !*going) return going;
        }
        return true;
    }

    /// Finds the batch that holds a position and proves its header.
    result<const batch_view*> find_batch(bytes_view record, position first, position wanted) {
        bytes_view found;
        auto walked = each_in_order(record, first, [&](bytes_view raw) {
            const auto begin = batch_view::claimed_first(raw).value;
            if (wanted.value < begin || wanted.value - begin >= batch_view::claimed_count(raw))
                return true;
            found = raw;
            return false;
        });
        if (!walked) return pass_on(std::move(walked));
        if (found.empty()) return damage(first, "it does not hold position " + to_string(wanted));
        if (!batch_.parse(found)) return damage(wanted, batch_.fault());
        return &batch_;
    }

private:
    /// As `each_batch`, but the positions that the batches claim must follow each other: what is
    /// looked up by position is then what a walk finds there.
    template <class Visit>
    static result<void> each_in_order(bytes_view record, position first, Visit&& visit) {
        position expected = first;
        bool follows = true;
        auto walked = each_batch(record, first, [&](bytes_view raw) {
            follows = batch_view::claimed_first(raw) == expected;
            expected.value += batch_view::claimed_count(raw);
            return follows && visit(raw);
        });
        if (!follows) return damage(expected, "its positions do not follow");
        return walked;
    }

    template <class Visit>
    result<void> walk_batch(bool& going, Visit&& visit) {
        begin_revisions();
        std::uint32_t reached = 0;
        const char* fault = batch_.each_frame([&](std::uint32_t i, const frame_view& frame) {
            reached = i + 1;
            read_event(batch_, i, frame, event_);
            event_.revision = revision{revisions_[frame.stream()]++};
            going = visit(static_cast<const recorded_event&>(event_));
            return going;
        });
        if (fault != nullptr) return damage(position{batch_.first().value + reached}, fault);
        return {};
    }

    result<void> pick_one(position wanted) {
        if (placed_.empty() || wanted < batch_.first() || wanted > batch_.last())
            if (auto found = pick_batch(wanted); !found) return found;
        const auto index = static_cast<std::uint32_t>(wanted.value - batch_.first().value);
        while (placed_.size() <= index) {
            const auto next = frame_view::parse(rest_);
            if (!next || next.stream() >= revisions_.size())
                return damage(wanted, "the lengths of an event before it cannot be");
            placed_.push_back({next, revision{revisions_[next.stream()]++}});
            rest_ = rest_.subspan(next.size());
        }
        const auto& frame = placed_[index].frame;
        if (const char* fault = batch_.fault_of(frame)) return damage(wanted, fault);
        read_event(batch_, index, frame, event_);
        event_.revision = placed_[index].in_stream;
        return {};
    }

    /// Proves the batch of `batches_` that holds a position. What they claim is only believed as far
    /// as it leads to a batch that does.
    result<void> pick_batch(position wanted) {
        const auto after = std::upper_bound(
            batches_.begin(), batches_.end(), wanted,
            [](position p, bytes_view raw) { return p < batch_view::claimed_first(raw); });
        placed_.clear();
        if (after == batches_.begin()) return damage(wanted, "its record does not hold it");
        if (!batch_.parse(*std::prev(after))) return damage(wanted, batch_.fault());
        if (wanted < batch_.first() || wanted > batch_.last())
            return damage(wanted, "its record does not hold it");
        rest_ = batch_.frames();
        begin_revisions();
        return {};
    }

    void begin_revisions() {
        revisions_.clear();
        for (const auto& stream : batch_.streams()) revisions_.push_back(stream.first.value);
    }

    batch_view batch_;
    recorded_event event_;
    std::vector<std::uint64_t> revisions_;  // of the next event of each stream of `batch_`
    std::vector<bytes_view> batches_;       // of the record that is picked from
    struct placed {
        frame_view frame;
        revision in_stream;
    };
    std::vector<placed> placed_;  // the frames of `batch_` that `pick` came by
    bytes_view rest_;             // what lies behind them
    position last_;
};

}  // namespace varve::inline v0::detail
