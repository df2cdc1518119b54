// Brings log lines into a store, each once, however often it is run.
//
// The append id of a line is made of its number in its file and its text. So it stays the same when
// the file is rotated, two equal lines of one second are two, and a line that is stored is recognised.
#pragma once

#include "append_queue.hpp"
#include "log_file.hpp"
#include "log_line.hpp"

#include <varve/adapters/xxhash.hpp>
#include <varve/store.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace dpkg {

struct import_counts {
    std::uint64_t lines = 0;
    std::uint64_t stored = 0;
    std::uint64_t known = 0;  ///< Stored by an earlier run.
    std::vector<std::string>
        foreign;  ///< Lines that are not as dpkg writes them, with their place.
};

namespace detail {

struct pending_line {
    varve::append_id id;
    varve::message_id run;  ///< The run of dpkg that it belongs to: the id of its startup line.
    log_line line;
    bool known = false;
};

inline varve::append_id id_of(const std::string& text, std::uint64_t number) {
    const auto hash = varve::xxh3_128(varve::as_bytes(text), number);
    varve::append_id id;
    varve::detail::store(id.raw.data(), hash);
    return id;
}

inline std::vector<pending_line> take_apart(const std::vector<log_file>& files,
                                            import_counts& counts) {
    std::vector<pending_line> taken;
    for (const auto& file : files) {
        varve::message_id run{};
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            ++counts.lines;
            auto line = parse_line(file.lines[i]);
            if (!line) {
                counts.foreign.push_back(file.path + ", line " + std::to_string(i + 1) + ": " +
                                         file.lines[i]);
                continue;
            }
            const auto id = id_of(file.lines[i], i + 1);
            if (std::holds_alternative<Startup>(line->event))
                run = varve::as_id<varve::message_id>(id);
            taken.push_back({id, run, *std::move(line)});
        }
    }
    return taken;
}

/// Marks what is stored already. What is new must come after it: a log never grows at its beginning.
template <class Store>
varve::result<void> mark_known(Store& store, std::vector<pending_line>& lines,
                               import_counts& counts) {
    bool met_new = false;
    const auto older = [] {
        return varve::fail(
            varve::errc::invalid_argument,
            "these logs begin before what the store holds, and history is not written "
            "backwards; name a new store and all logs");
    };
    for (auto& line : lines) {
        const auto found = store.find(line.id);
        if (!found) return std::unexpected(found.error());
        line.known = found->has_value();
        if (line.known && met_new) return older();
        met_new = !line.known;
        counts.known += line.known ? 1 : 0;
    }
    if (counts.known != 0 || lines.empty()) return {};
    const auto newest = store.read_log({.way = varve::direction::backward, .limit = 1});
    if (!newest) return std::unexpected(newest.error());
    if (!newest->empty() && newest->back().occurred_at > lines.front().line.at) return older();
    return {};
}

/// Hands one line over. False once a line before it could not be stored. Errors: this one's text.
template <class Store>
varve::result<bool> append(append_queue<Store>& to, const pending_line& from) {
    return std::visit(
        [&]<class Event>(const Event& event) -> varve::result<bool> {
            varve::bytes payload;
            if (auto done = varve::try_encode(event, payload); !done)
                return std::unexpected(done.error());
            const varve::new_event one{
                .stream = from.line.stream,
                .type = varve::wire_name<Event>,
                .schema_version = varve::schema_version<Event>,
                .payload = payload,
                .meta = {.correlation = from.run, .occurred_at = from.line.at}};
            return to.add(
                {.id = from.id, .events = {&one, 1}, .types = {&varve::describe_type<Event>(), 1}});
        },
        from.line.event);
}

}  // namespace detail

/// Stores what is new in these files, in the order of their lines. Errors: `invalid_argument` if they
/// begin before what the store holds; what the store says.
template <varve::event_store Store>
varve::result<import_counts> import_logs(Store& store, const std::vector<log_file>& files) {
    import_counts counts;
    auto lines = detail::take_apart(files, counts);
    if (auto marked = detail::mark_known(store, lines, counts); !marked)
        return std::unexpected(marked.error());
    append_queue<Store> queue{store};
    for (const auto& line : lines) {
        if (line.known) continue;
        const auto going = detail::append(queue, line);
        if (!going) return std::unexpected(going.error());
        if (!*going) break;
        ++counts.stored;
    }
    if (auto done = queue.finish(); !done) return std::unexpected(done.error());
    return counts;
}

}  // namespace dpkg
