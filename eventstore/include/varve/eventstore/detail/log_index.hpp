// Where everything lies: the index of the tail, in memory, derived from the log and nothing else.
//
// Not synchronised; `basic_store` guards it. It holds what is durable, never what is staged.
#pragma once

#include <varve/assert.hpp>
#include <varve/eventstore/detail/append_ids.hpp>
#include <varve/eventstore/detail/position_lists.hpp>
#include <varve/eventstore/detail/stream_history.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/ids.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

class log_index {
public:
    position head() const noexcept { return head_; }
    timestamp last_recorded() const noexcept { return last_recorded_; }
    const hash256& chain_head() const noexcept { return chain_head_; }
    std::size_t append_count() const noexcept { return append_count_; }
    std::size_t known_ids() const noexcept { return ids_.size(); }
    std::size_t record_count() const noexcept { return records_.size(); }
    const text_map<stream_history>& streams() const noexcept { return streams_; }
    const position_lists<>& types() const noexcept { return types_; }
    const position_lists<>& categories() const noexcept { return categories_; }
    const position_lists<>& tags() const noexcept { return tags_; }

    /// Empties the index; the next batch follows `genesis`.
    void reset(const hash256& genesis, const id_lifetime& lifetime = {}) {
        *this = log_index{};
        chain_head_ = genesis;
        lifetime_ = lifetime;
        ids_ = append_ids{lifetime.kept};
    }

    /// Whether the id of an append that was recorded then is forgotten, when something was recorded at
    /// `newest`.
    bool is_forgotten(timestamp recorded, timestamp newest) const noexcept {
        return is_expired(recorded, newest, lifetime_.kept);
    }

    /// Remembers the chain's head at one position that is still to come.
    void watch(position where) noexcept { watched_ = where; }
    /// That head; nothing if no batch ended there.
    const std::optional<hash256>& watched() const noexcept { return watched_hash_; }

    const stream_history* find(std::string_view stream) const {
        const auto found = streams_.find(stream);
        return found == streams_.end() ? nullptr : &found->second;
    }

    /// A stream as it stands at the head.
    stream_now now(std::string_view stream) const {
        const auto* history = find(stream);
        return history == nullptr ? stream_now{} : history->now();
    }

    /// The first position of the append with this id, or 0 also if it is forgotten.
    position find(const append_id& id) const { return ids_.find(id); }

    /// The first position of the record that holds `where`, which is not beyond the head.
    position record_of(position where) const noexcept {
        ensure(where != position{} && where <= head_, "a position that is looked up exists");
        const auto after = std::upper_bound(
            records_.begin(), records_.end(), where.value,
            [](std::uint64_t value, const record_place& record) { return value < record.first; });
        return position{std::prev(after)->first};
    }

    /// The first position of the last record whose first batch was recorded at or before `when`, or 0.
    position record_before(timestamp when) const noexcept {
        const auto after = std::upper_bound(
            records_.begin(), records_.end(), when,
            [](timestamp value, const record_place& record) { return value < record.recorded; });
        return after == records_.begin() ? position{} : position{std::prev(after)->first};
    }

    /// The batch that is added next is the first of a record.
    void begin_record(position first) { records_.push_back({first.value, last_recorded_}); }

    /// Takes a batch that was proved. Says what is wrong if it does not follow the ones before.
    const char* add(const batch_view& batch) {
        if (batch.first() != head_.next()) return "there is a gap or a double in the positions";
        if (batch.algorithm() != chain::none && batch.previous() != chain_head_)
            return "it does not follow the batch before it in the chain";
        if (batch.recorded_at() < last_recorded_) return "its time lies before the batch before it";
        if (!may_be_used(batch.append())) return "its append id is there already";
        if (const char* fault = look_up(batch)) return fault;
        if (const char* fault = add_events(batch)) return fault;
        if (!records_.empty() && records_.back().first == batch.first().value)
            records_.back().recorded = batch.recorded_at();
        head_ = batch.last();
        last_recorded_ = batch.recorded_at();
        ids_.add(batch.append(), batch.first(), batch.recorded_at());
        ++append_count_;
        if (batch.algorithm() != chain::none) chain_head_ = batch.hash();
        if (head_ == watched_) watched_hash_ = chain_head_;
        return nullptr;
    }

private:
    struct record_place {
        std::uint64_t first;
        timestamp recorded;  ///< Of its first batch.
    };
    /// New, or old enough for a writer to have forgotten it. Of the old one it is known when the first
    /// append of its group was recorded, which is at most a moment too early; `verify` knows exactly.
    bool may_be_used(const append_id& id) const noexcept {
        const position known = ids_.find(id);
        if (known == position{}) return true;
        const auto after = std::upper_bound(
            records_.begin(), records_.end(), known.value,
            [](std::uint64_t value, const record_place& record) { return value < record.first; });
        return is_expired(std::prev(after)->recorded, last_recorded_, lifetime_.shortest);
    }

    struct type_place {
        positions* list;
        std::optional<ending> ends;
    };

    /// Finds, or makes, the lists that the batch's tables name.
    const char* look_up(const batch_view& batch) {
        batch_streams_.clear();
        batch_types_.clear();
        for (const auto& stream : batch.streams()) {
            auto found = streams_.find(stream.name);
            if (found == streams_.end()) {
                found = streams_.emplace(std::string{stream.name}, stream_history{}).first;
                found->second.category = &categories_.of(category_of(stream.name));
            }
            if (stream.first.value != found->second.at.size() + 1)
                return "there is a gap or a double in a stream's revisions";
            batch_streams_.push_back(&found->second);
        }
        for (const auto& type : batch.types())
            batch_types_.push_back({&types_.of(type.name), ending_of(type.name)});
        return nullptr;
    }

    /// Events that follow each other in one stream under one type: their lists grow by the run.
    struct event_run {
        std::uint64_t first = 0;
        stream_history* stream = nullptr;
        positions* type = nullptr;

        void end_before(std::uint64_t at) const {
            if (stream == nullptr) return;
            stream->at.add_run(first, at);
            stream->category->add_run(first, at);
            type->add_run(first, at);
        }
    };

    const char* add_events(const batch_view& batch) {
        std::uint64_t at = batch.first().value;
        const char* wrong = nullptr;
        event_run run;
        std::string_view tag;  // events that follow each other often share it
        positions* tagged = nullptr;
        const char* fault = batch.each_frame([&](std::uint32_t, const frame_view& frame) {
            auto* stream = batch_streams_[frame.stream()];
            const auto& type = batch_types_[frame.type()];
            if (stream != run.stream || type.list != run.type) {
                run.end_before(at);
                run = {at, stream, type.list};
                if (stream->is_tombstoned()) wrong = "a stream goes on after it was ended for ever";
            }
            for (const auto each : frame.tags()) {
                if (tagged == nullptr || each != tag) tagged = &tags_.of(tag = each);
                tagged->add(at);
            }
            ++at;
            if (type.ends) {
                run.end_before(at);
                run = {};
                stream->end(*type.ends);
            }
            return wrong == nullptr;
        });
        run.end_before(at);
        return wrong != nullptr ? wrong : fault;
    }

    position head_;
    timestamp last_recorded_ = timestamp::min();
    hash256 chain_head_{};
    text_map<stream_history> streams_;
    position_lists<> types_;
    position_lists<> categories_;
    position_lists<> tags_;
    id_lifetime lifetime_;
    append_ids ids_;
    std::size_t append_count_ = 0;
    position watched_;
    std::optional<hash256> watched_hash_;
    std::vector<record_place> records_;
    std::vector<stream_history*> batch_streams_;  // scratch: the tables of the batch at hand
    std::vector<type_place> batch_types_;
};

}  // namespace varve::inline v0::detail
