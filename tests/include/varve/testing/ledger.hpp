// What a test sent to a store and what it was answered, to hold against the store afterwards.
//
// Three answers, three duties: what was acknowledged must be there, under its id and at its place;
// what was refused must not be there, ever; what is unknown is wholly there or not at all, and once
// that was seen, it stays so.
#pragma once

#include <varve/store.hpp>
#include <varve/testing/events.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace varve::inline v0::testkit {

/// Keeps account of appends made with `drawn_from`. One thread at a time.
class ledger {
public:
    /// With `unheard`, appends may be there that nobody took down, as when the writer was killed
    /// before it could say what it was answered. Once seen, they too must stay.
    explicit ledger(drawn_shape shape = {}, bool unheard = false)
        : shape_(shape), unheard_(unheard) {}

    /// Takes down what an append was answered.
    void note(const append_id& id, const result<receipt>& answer) {
        if (answer)
            acknowledge(*answer);
        else if (answer.error().code == errc::unknown)
            unknown_.insert_or_assign(id, fate::open);
        else
            unknown_.insert_or_assign(id, fate::absent);
    }
    void acknowledge(const receipt& answer) {
        unknown_.erase(answer.id);
        stored_.insert_or_assign(answer.id, placed{answer.first, answer.last});
    }

    std::size_t acknowledged() const noexcept { return stored_.size(); }
    std::size_t open() const noexcept {
        std::size_t n = 0;
        for (const auto& [id, what] : unknown_) n += what == fate::open ? 1u : 0u;
        return n;
    }
    /// Those whose answer was `unknown`, and what became of them.
    std::vector<append_id> unknown_ids() const {
        std::vector<append_id> ids;
        for (const auto& [id, what] : unknown_) ids.push_back(id);
        return ids;
    }

    /// Holds the account against the store, byte by byte; gives what is wrong, or nothing. Unknown
    /// appends are settled: from now on they must stay as they are.
    template <class Store>
    std::string compare(Store& store) {
        std::unordered_map<append_id, placed> there;
        std::string wrong;
        position expected;
        log_range range{.limit = 4096};
        for (bool more = true; more;) {
            const auto end = store.scan_log(range, [&](const recorded_event& e) {
                expected = expected.next();
                wrong = e.position == expected ? look_at(e, there) : at(e) + "something is missing";
                return wrong.empty();
            });
            if (!wrong.empty()) return wrong;
            if (!end) return "reading failed: " + to_string(end.error());
            range.after = end->last;
            more = end->more;
        }
        return settle(there);
    }

private:
    enum class fate : std::uint8_t { open, present, absent };
    struct placed {
        position first, last;
        friend bool operator==(const placed&, const placed&) = default;
    };

    std::string look_at(const recorded_event& e, std::unordered_map<append_id, placed>& there) {
        const auto [known, fresh] = there.try_emplace(e.append, placed{e.position, e.position});
        known->second.last = e.position;
        if (fresh) expected_ = drawn_from(e.append, shape_);
        if (expected_.id() != e.append) return at(e) + "its append is in two pieces";
        const auto index = e.position.value - known->second.first.value;
        if (index >= expected_.events().size()) return at(e) + "more events than were written";
        const auto differs = difference(expected_.events()[index], e);
        return differs.empty() ? differs : at(e) + differs;
    }

    std::string settle(const std::unordered_map<append_id, placed>& there) {
        for (const auto& [id, where] : there) {
            if (where.last.value - where.first.value + 1 != drawn_from(id, shape_).events().size())
                return "append " + to_string(id) + " is there in part";
            if (const auto own = stored_.find(id); own != stored_.end()) {
                if (own->second != where) return "append " + to_string(id) + " has moved";
            } else if (const auto asked = unknown_.find(id); asked == unknown_.end()) {
                if (!unheard_) return "append " + to_string(id) + " was never sent";
                stored_.insert_or_assign(id, where);
            } else if (asked->second == fate::absent) {
                return "append " + to_string(id) + " was refused or gone, and is there";
            } else {
                asked->second = fate::present;
            }
        }
        for (const auto& [id, where] : stored_)
            if (!there.contains(id))
                return "append " + to_string(id) + " was acknowledged and is lost";
        for (auto& [id, what] : unknown_) {
            if (there.contains(id)) continue;
            if (what == fate::present) return "append " + to_string(id) + " was there and is gone";
            what = fate::absent;
        }
        return {};
    }

    static std::string at(const recorded_event& e) {
        return "position " + to_string(e.position) + ": ";
    }

    drawn_shape shape_;
    bool unheard_;
    draft expected_{append_id{}};
    std::unordered_map<append_id, placed> stored_;
    std::map<append_id, fate> unknown_;
};

}  // namespace varve::inline v0::testkit
