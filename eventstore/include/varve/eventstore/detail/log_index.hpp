// Where everything lies: the index of the tail, in memory, derived from the log and nothing else.
//
// Not synchronised; `basic_store` guards it. It holds what is durable, never what is staged.
#pragma once

#include <varve/assert.hpp>
#include <varve/eventstore/format/batch.hpp>
#include <varve/ids.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Lets a map of strings be asked with a view.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

class log_index {
public:
    /// Positions of a stream's events: the one of revision r at [r - 1].
    using positions = std::vector<std::uint64_t>;

    position head() const noexcept { return head_; }
    timestamp last_recorded() const noexcept { return last_recorded_; }
    const hash256& chain_head() const noexcept { return chain_head_; }
    std::size_t append_count() const noexcept { return appends_.size(); }
    std::size_t record_count() const noexcept { return records_.size(); }
    const text_map<positions>& streams() const noexcept { return streams_; }

    /// Empties the index; the next batch follows `genesis`.
    void reset(const hash256& genesis) {
        *this = log_index{};
        chain_head_ = genesis;
    }

    /// Remembers the chain's head at one position that is still to come.
    void watch(position where) noexcept { watched_ = where; }
    /// That head; nothing if no batch ended there.
    const std::optional<hash256>& watched() const noexcept { return watched_hash_; }

    /// The newest revision of a stream; 0 if it was never written.
    revision newest(std::string_view stream) const {
        const auto found = streams_.find(stream);
        return found == streams_.end() ? revision{} : revision{found->second.size()};
    }

    const positions* find(std::string_view stream) const {
        const auto found = streams_.find(stream);
        return found == streams_.end() ? nullptr : &found->second;
    }

    /// The first position of the append with this id, or 0.
    position find(const append_id& id) const {
        const auto found = appends_.find(id);
        return found == appends_.end() ? position{} : position{found->second};
    }

    /// The first position of the record that holds `where`, which is not beyond the head.
    position record_of(position where) const noexcept {
        ensure(where != position{} && where <= head_, "a position that is looked up exists");
        const auto after = std::upper_bound(records_.begin(), records_.end(), where.value);
        return position{*std::prev(after)};
    }

    void begin_record(position first) { records_.push_back(first.value); }

    /// Takes a batch that was proved. Says what is wrong if it does not follow the ones before.
    const char* add(const batch_view& batch) {
        if (batch.first() != head_.next()) return "there is a gap or a double in the positions";
        if (batch.algorithm() != chain::none && batch.previous() != chain_head_)
            return "it does not follow the batch before it in the chain";
        if (batch.recorded_at() < last_recorded_) return "its time lies before the batch before it";
        if (!appends_.emplace(batch.append(), batch.first().value).second)
            return "its append id is there already";
        if (const char* fault = add_streams(batch)) return fault;
        head_ = batch.last();
        last_recorded_ = batch.recorded_at();
        if (batch.algorithm() != chain::none) chain_head_ = batch.hash();
        if (head_ == watched_) watched_hash_ = chain_head_;
        return nullptr;
    }

private:
    const char* add_streams(const batch_view& batch) {
        lists_.clear();
        for (const auto& stream : batch.streams()) {
            auto found = streams_.find(stream.name);
            if (found == streams_.end())
                found = streams_.emplace(std::string{stream.name}, positions{}).first;
            if (stream.first.value != found->second.size() + 1)
                return "there is a gap or a double in a stream's revisions";
            lists_.push_back(&found->second);
        }
        std::uint64_t at = batch.first().value;
        return batch.each_frame([&](std::uint32_t, const frame_view& frame) {
            lists_[frame.stream()]->push_back(at++);
            return true;
        });
    }

    position head_;
    timestamp last_recorded_ = timestamp::min();
    hash256 chain_head_{};
    text_map<positions> streams_;
    std::unordered_map<append_id, std::uint64_t> appends_;
    std::vector<std::uint64_t> records_;
    position watched_;
    std::optional<hash256> watched_hash_;
    std::vector<positions*> lists_;  // scratch of add_streams
};

}  // namespace varve::inline v0::detail
