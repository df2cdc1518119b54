// Reads a store by every way there is, and holds its answers against those of the undamaged one.
#pragma once

#include <varve/event_query.hpp>
#include <varve/snapshot.hpp>
#include <varve/store.hpp>
#include <varve/testing/answers.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::tests {

/// What to ask for.
struct known_names {
    position head;  ///< Nothing beyond it is asked for.
    std::vector<append_id> appends;
    std::vector<std::string> streams;
    std::vector<std::string> readers;
    std::vector<std::string> groups;
    std::string aggregate;
};

struct answer {
    std::string question;
    std::string text{};  ///< What was given, also before a failure: lines.
    std::optional<failure> failed{};
};
using answers = std::vector<answer>;

namespace internal {

/// Every byte of an event, in a form that costs little; `testkit::described` is for people.
inline void add(std::string& text, const recorded_event& e) {
    const std::int64_t numbers[]{
        static_cast<std::int64_t>(e.position.value), static_cast<std::int64_t>(e.revision.value),
        e.recorded_at.time_since_epoch().count(),
        e.occurred_at ? e.occurred_at->time_since_epoch().count() : -1, e.schema_version};
    text.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
    for (const auto id : {e.id.view(), e.append.view(), e.correlation.view(), e.causation.view()})
        text += as_text(id);
    for (const auto name : {e.stream, e.type}) text += name, text += '\0';
    for (const auto part : {e.headers.raw(), e.tags.raw(), e.payload})
        text += std::to_string(part.size()), text += ' ', text += as_text(part);
    text += '\n';
}

template <class Store>
class asking {
public:
    asking(Store& store, const known_names& of) : store_(&store), of_(&of) {}

    answers everything() {
        log(direction::forward);
        log(direction::backward);
        for (const auto& name : of_->streams) {
            stream(name, direction::forward);
            stream(name, direction::backward);
        }
        list_streams();
        find_appends();
        queries();
        times();
        side_data();
        verify();
        return std::move(all_);
    }

private:
    answer& ask(std::string question) { return all_.emplace_back(answer{std::move(question)}); }

    /// Takes a result in: its failure, or what `words` makes of it.
    template <class T, class Words>
    static void take(answer& into, const result<T>& got, Words&& words) {
        if (got)
            into.text += words(*got) + "\n";
        else
            into.failed = got.error();
    }

    /// All pages of a scan. `page(range, visitor)` gives one.
    template <class Page>
    void pages(answer& into, log_range range, Page&& page) {
        range.up_to = of_->head;
        for (bool more = true; more;) {
            const auto end = page(range, [&](const recorded_event& event) {
                add(into.text, event);
                if (range.way == direction::forward && event.position.value % 40 == 0)
                    times_.push_back(event.recorded_at);
                return true;
            });
            if (!end) return void(into.failed = end.error());
            more = end->more;
            if (more && end->last == range.after) return void(into.text += "nowhere\n");
            range.after = end->last;
        }
    }

    void log(direction way) {
        const bool back = way == direction::backward;
        auto& into = ask(back ? "log backward" : "log");
        pages(into, {.after = back ? of_->head.next() : position{}, .way = way, .limit = 50},
              [this](const auto& range, const auto& visit) {
                  return store_->scan_log(range, visit);
              });
        if (!back) log_failed_ = into.failed;
    }

    void stream(const std::string& name, direction way) {
        auto& into = ask((way == direction::forward ? "stream " : "stream backward ") + name);
        stream_range range{.way = way, .limit = 15, .up_to = of_->head};
        for (bool more = true; more;) {
            const auto end = store_->scan_stream(name, range, [&](const recorded_event& event) {
                add(into.text, event);
                return true;
            });
            if (!end) return void(into.failed = end.error());
            more = end->more;
            if (!more)
                into.text += std::string{to_string(end->state)} + " at " + to_string(end->newest) +
                             "\n";
            if (more && end->last == range.after) return void(into.text += "nowhere\n");
            range.after = end->last;
        }
    }

    void list_streams() {
        auto& into = ask("streams");
        for (const auto& each : store_->streams("ledger"))
            into.text += each.name + " at " + to_string(each.newest) + ", " + to_string(each.last) +
                         ", " + std::string{to_string(each.state)} + "\n";
    }

    void find_appends() {
        for (const auto& id : of_->appends)
            take(ask("find " + to_string(id)), store_->find(id),
                 [](const auto& found) { return testkit::described(found); });
    }

    void queries() {
        using query = event_query;
        const std::pair<std::string, query> all[]{
            {"everything", query::everything()},
            {"type", query::any_of({query_item{.types = {"drawn"}}})},
            {"category", query::any_of({query_item{.categories = {"ledger"}}})},
            {"tag", query::tagged({"drawn:0"})},
            {"ends", query::any_of({query_item{.types = {"$tombstone", "$soft-deleted"}}})}};
        for (const auto& [name, meant] : all)
            pages(ask("query " + name), {.limit = 30}, [&](const auto& range, const auto& visit) {
                return store_->scan_query(meant, range, visit);
            });
    }

    void times() {
        auto& into = ask("positions at times");
        if (log_failed_) return void(into.failed = log_failed_);
        for (const auto when : times_)
            take(into, store_->position_at(when), [](position at) { return to_string(at); });
    }

    void side_data() {
        const auto place = [](const checkpoint& at) {
            return to_string(at.store.id) + " " + testkit::described(at);
        };
        for (const auto& name : of_->readers)
            take(ask("checkpoint of " + name), store_->load_checkpoint(name), place);
        take(ask("readers"), store_->readers(), [&](const auto& readers) {
            std::string text;
            for (const auto& each : readers) text += each.name + " " + place(each.at) + "\n";
            return text;
        });
        for (const auto& name : of_->groups)
            take(ask("parked by " + name), store_->parked(name),
                 [](const auto& events) { return shown_parked(events); });
        take(ask("types"), store_->types(), [](const auto& types) {
            std::string text;
            for (const auto& each : types)
                text += each.type + " " + std::to_string(each.schema_version) + " " +
                        std::to_string(static_cast<int>(each.encoding)) + " " +
                        std::string{as_text(each.descriptor)} + "\n";
            return text;
        });
        for (const auto& name : of_->streams) snapshot(name);
        take(ask("promises"), store_->reservations(),
             [](const auto& all) { return testkit::described(all); });
        take(ask("snapshots"), store_->snapshots(""), [](const auto& listed) {
            std::string text;
            for (const auto& each : listed)
                if (each.fate == snapshot_fate::usable)
                    text += each.stream + " " + to_string(each.at) + " " + to_string(each.where) +
                            " " + std::to_string(each.size) + "\n";
            return text;
        });
    }

    static std::string shown_parked(const auto& events) {
        std::string text;
        for (const auto& each : events)
            text += to_string(each.where) + " " + each.key + " " + std::to_string(each.attempts) +
                    " " + std::to_string(each.parked_at.time_since_epoch().count()) + " " +
                    each.reason + "\n";
        return text;
    }

    void snapshot(const std::string& name) {
        auto& into = ask("snapshot of " + name);
        const auto found = store_->load_snapshot(
            name, {.aggregate = of_->aggregate}, [&](const stored_snapshot& kept) {
                into.text += to_string(kept.at) + " " + std::string{as_text(kept.state)};
                return true;
            });
        if (!found) into.failed = found.error();
    }

    void verify() {
        auto& into = ask("verify");
        const auto report = store_->verify();
        if (!report) return void(into.failed = report.error());
        if (report->good()) return void(into.text = "good\n");
        const auto& first = report->faults.front();
        into.failed = failure{.code = errc::corrupt,
                              .message = "position " + to_string(first.where) + ": " + first.what};
    }

    Store* store_;
    const known_names* of_;
    answers all_;
    std::vector<timestamp> times_;
    std::optional<failure> log_failed_;
};

}  // namespace internal

/// Asks a store everything that is known of it.
template <class Store>
answers ask_everything(Store& store, const known_names& of) {
    return internal::asking<Store>{store, of}.everything();
}

}  // namespace varve::tests
