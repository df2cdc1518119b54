// `varve info`: what a store is, who writes it, which types it holds.
#include "commands.hpp"
#include "lock_holder.hpp"
#include "payload_codec.hpp"
#include "text.hpp"

#include <varve/eventstore/format/spaces.hpp>

#include <fmt/format.h>

#include <map>
#include <utility>

namespace varve::tool {
namespace {

void add_writer(const store_location& where, record& to) {
    const auto holder = find_lock_holder(where.path);
    if (!holder) return to.raw("writer", "null", "none");
    record inner{output_format::json};
    inner.small("pid", holder->pid);
    inner.text("who", holder->who);
    to.raw("writer", "{" + inner.members() + "}", printable(holder->who));
}

record describe(const session& in, const store_location& where, tool_store& store,
                std::size_t types) {
    const auto summary = store.summary();
    record all = in.out().make();
    all.text("engine", store.engine());
    all.text("path", where.path);
    all.small("format", format_version);
    all.id("store_id", summary.identity.id);
    all.number("epoch", summary.identity.epoch.value);
    all.time("created_at", summary.created_at);
    all.number("events", summary.head.value);
    all.number("streams", summary.streams);
    all.number("appends", summary.appends);
    all.number("types", types);
    const auto size = size_on_disk(where);
    if (in.out().how().format == output_format::table)
        all.text("size_on_disk", short_size(size));
    else
        all.number("size_on_disk", size);
    if (summary.head != position{})
        all.time("last_recorded", summary.last_recorded);
    else
        all.raw("last_recorded", "null", "never");
    all.text("chain_head", hex(summary.chain_head));
    add_writer(where, all);
    return all;
}

using type_counts = std::map<std::pair<std::string, std::uint32_t>, std::uint64_t>;

result<type_counts> count_types(store_ref log) {
    type_counts counts;
    const position up_to = log.head();
    position after;
    for (bool more = true; more;) {
        auto end = log.scan_log({.after = after, .limit = 65'536, .up_to = up_to},
                                [&](const recorded_event& event) {
                                    ++counts[{std::string{event.type}, event.schema_version}];
                                    return true;
                                });
        if (!end) return pass_on(std::move(end));
        after = end->last;
        more = end->more;
    }
    return counts;
}

result<void> list_types(const session& in, tool_store& store,
                        const std::vector<stored_type>& described) {
    auto counts = count_types(store.log());
    if (!counts) return pass_on(std::move(counts));
    std::map<std::pair<std::string, std::uint32_t>, encoding> encodings;
    for (const auto& type : described) encodings[{type.type, type.schema_version}] = type.encoding;
    in.out().begin_list("type_list",
                        {{"type", "TYPE"},
                         {"schema_version", "VERSION", cell::number},
                         {"encoding", "ENCODING"},
                         {"events", "EVENTS", cell::number}},
                        "type");
    for (const auto& [type, events] : *counts) {
        record one = in.out().make();
        one.text("type", type.first);
        one.small("schema_version", type.second);
        const auto known = encodings.find(type);
        one.text("encoding", known == encodings.end() ? "none" : to_string(known->second));
        one.number("events", events);
        in.out().item(one);
    }
    in.out().end_list();
    return {};
}

}  // namespace

answer<exit_code> run_info(const session& in, const info_options& options) {
    auto store = in.open(access::read);
    if (!store) return std::unexpected(std::move(store).error());
    auto types = (*store)->types();
    if (!types) return std::unexpected(in.explain(types.error()));
    in.out().show(describe(in, *in.location(), **store, types->size()),
                  options.types ? "store" : "");
    if (!options.types) return exit_code::good;
    in.out().line("");
    if (auto listed = list_types(in, **store, *types); !listed)
        return std::unexpected(in.explain(listed.error()));
    return exit_code::good;
}

}  // namespace varve::tool
