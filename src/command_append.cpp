// `varve append`: stores one event.
#include "commands.hpp"
#include "payload_codec.hpp"
#include "payload_input.hpp"
#include "text.hpp"
#include "time_text.hpp"

#include <varve/environment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace varve::tool {
namespace {

std::unexpected<problem> bad(std::string message, std::string hint = "varve append --help") {
    return refuse(exit_code::usage, "usage", std::move(message), std::move(hint));
}

/// Everything but the payload, read from the words of the command line.
struct parsed {
    append_id id;
    expectation expected;
    metadata meta;
    std::vector<header> headers;
    std::vector<std::string_view> tags;
};

answer<expectation> parse_expectation(const std::string& text) {
    if (text == "any") return expect::any;
    if (text == "none") return expect::none;
    if (text == "exists") return expect::exists;
    if (text == "soft-deleted") return expect::soft_deleted;
    if (const auto number = parse_number(text)) return expect::at(revision{*number});
    return bad("--expect takes a revision, none, any, exists or soft-deleted, not '" + text + "'");
}

template <class Id>
answer<Id> parse_uuid(const char* option, const std::string& text) {
    if (text.empty()) return Id{};
    if (const auto id = parse_id<Id>(text)) return *id;
    return bad(std::string{option} + " takes a UUID, not '" + text + "'");
}

answer<parsed> parse(const append_options& options, environment& with) {
    parsed all;
    auto id = parse_uuid<append_id>("--id", options.id);
    auto correlation = parse_uuid<message_id>("--correlation", options.correlation);
    auto causation = parse_uuid<message_id>("--causation", options.causation);
    auto expected = parse_expectation(options.expect);
    if (!id) return std::unexpected(id.error());
    if (!correlation) return std::unexpected(correlation.error());
    if (!causation) return std::unexpected(causation.error());
    if (!expected) return std::unexpected(expected.error());
    all.id = id->is_none() ? with.ids().next<append_id>() : *id;
    all.expected = *expected;
    all.meta.correlation = *correlation;
    all.meta.causation = *causation;
    if (!options.occurred_at.empty()) {
        all.meta.occurred_at = parse_rfc3339(options.occurred_at);
        if (!all.meta.occurred_at)
            return bad("--occurred-at takes a time like 2026-01-02T03:04:05Z, not '" +
                       options.occurred_at + "'");
    }
    for (const std::string_view each : options.headers) {
        const auto equals = each.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return bad("--header takes KEY=VALUE, not '" + std::string{each} + "'");
        all.headers.push_back({each.substr(0, equals), each.substr(equals + 1)});
    }
    all.tags.assign(options.tags.begin(), options.tags.end());
    return all;
}

/// The payload's bytes, and the description to store with them.
struct encoded {
    bytes payload;
    varve::encoding encoding = varve::encoding::json;
    std::uint32_t schema_version = 1;
    bytes descriptor{};
};

std::unexpected<problem> unknown_type(const session& in, const append_options& options,
                                      const std::vector<stored_type>& types) {
    std::vector<std::string> names;
    for (const auto& each : types) names.push_back(each.type);
    const auto near = nearest_name(options.type, names);
    return bad("the store knows no type '" + options.type + "'",
               (near ? "did you mean '" + printable(*near) + "'? "
                     : in.command("info --types") + "  # what it knows; ") +
                   "--new-type stores an event of a new type");
}

std::string versions_of(const std::vector<stored_type>& versions) {
    std::vector<std::uint32_t> known;
    for (const auto& each : versions) known.push_back(each.schema_version);
    return fmt::format("{}", fmt::join(known, ", "));
}

std::unexpected<problem> unknown_version(const append_options& options,
                                         const std::vector<stored_type>& versions) {
    return bad(fmt::format("the store knows type '{}' at schema version {}, not {}", options.type,
                           versions_of(versions), *options.schema_version),
               "leave --schema-version out; --new-type stores an event of a new version");
}

/// True for what the tool itself writes of a type that nobody described.
bool is_guess(const stored_type& type) {
    return type.descriptor.empty() &&
           (type.encoding == encoding::json || type.encoding == encoding::opaque);
}

/// The newest version that the application stored; the tool's own guesses are passed over.
answer<stored_type> newest_of(const append_options& options,
                              const std::vector<stored_type>& versions) {
    if (versions.size() == 1) return versions.front();
    const stored_type* newest = nullptr;
    for (const auto& each : versions) {
        if (is_guess(each)) continue;
        if (newest == nullptr || newest->schema_version < each.schema_version) newest = &each;
    }
    if (newest != nullptr) return *newest;
    return bad(fmt::format("the store knows type '{}' at schema versions {}, and of none what its "
                           "members are",
                           options.type, versions_of(versions)),
               "name the one that the application writes: --schema-version N");
}

/// The description that the payload is to follow; none for a type or version that may be new.
answer<std::optional<stored_type>> find_type(const session& in, const append_options& options,
                                             const std::vector<stored_type>& types) {
    std::vector<stored_type> versions;
    for (const auto& each : types)
        if (each.type == options.type) versions.push_back(each);
    if (versions.empty()) {
        if (types.empty() || options.new_type) return std::nullopt;
        return unknown_type(in, options, types);
    }
    if (!options.schema_version) return newest_of(options, versions);
    for (auto& each : versions)
        if (each.schema_version == *options.schema_version) return std::move(each);
    if (options.new_type) return std::nullopt;
    return unknown_version(options, versions);
}

answer<encoded> encode(const session& in, const append_options& options, const std::string& text,
                       const std::vector<stored_type>& types) {
    const auto found = find_type(in, options, types);
    if (!found) return std::unexpected(found.error());
    const auto& stored = *found;
    stored_type type = stored.value_or(
        stored_type{options.type, options.schema_version.value_or(1), encoding::json, {}});
    if (stored && !options.encoding.empty() && options.encoding != to_string(type.encoding))
        return bad(fmt::format("type '{}' is stored as {}, not {}", type.type,
                               to_string(type.encoding), options.encoding),
                   "leave --encoding out");
    if (!stored && (options.encoding == "protobuf" || options.encoding == "flat"))
        return bad(fmt::format("the store has no description of type '{}' to make {} with",
                               type.type, options.encoding),
                   "let the application store the first event of the type, or take json");
    if (!stored && options.encoding == "opaque") type.encoding = encoding::opaque;
    encoded all{.payload = {},
                .encoding = type.encoding,
                .schema_version = type.schema_version,
                .descriptor = type.descriptor};
    if (type.encoding == encoding::opaque) {
        all.payload = to_bytes(as_bytes(text));
        return all;
    }
    auto codec = make_payload_codec(type);
    if (!codec) return std::unexpected(told(codec.error(), in.command("verify")));
    auto payload = (*codec)->from_json(text);
    if (!payload && payload.error().code != errc::invalid_argument)
        return std::unexpected(told(std::move(payload).error(), in.command("verify")));
    if (!payload)
        return bad(fmt::format("the payload is no {} of type '{}': {}", to_string(type.encoding),
                               type.type, payload.error().message),
                   stored ? in.command("tail -n 1 -t " + shell_word(type.type)) + "  # a good one"
                          : "varve append --help");
    all.payload = std::move(*payload);
    return all;
}

void show(const session& in, const receipt& given, const append_options& options, bool repeated) {
    record one = in.out().make();
    one.text("stream", options.stream);
    one.number("revision", given.streams.front().revision.value);
    one.number("position", given.last.value);
    one.id("append_id", given.id);
    one.flag("stored_before", repeated);
    in.out().show(one);
}

void show_checks(const session& in, const failure& conflict) {
    if (!in.out().make().machine() || conflict.checks.empty()) return;
    in.out().begin_list("checks", {}, "check");
    for (const auto& each : conflict.checks) {
        record one = in.out().make();
        one.text("stream", each.stream);
        one.text("expected", to_string(each.expected));
        one.number("actual", each.actual.value);
        in.out().item(one);
    }
    in.out().end_list();
}

/// The whole command once more, under the id that it had.
std::string retry(const append_options& options, const append_id& id) {
    std::string line = fmt::format("append {} {} {} --id {}", shell_word(options.stream),
                                   shell_word(options.type), shell_word(options.payload),
                                   to_string(id));
    const auto add = [&line](const char* option, const std::string& value) {
        if (!value.empty()) line += fmt::format(" {} {}", option, shell_word(value));
    };
    if (options.expect != "any") add("--expect", options.expect);
    add("--correlation", options.correlation);
    add("--causation", options.causation);
    add("--occurred-at", options.occurred_at);
    for (const auto& each : options.headers) add("--header", each);
    for (const auto& each : options.tags) add("--tag", each);
    add("--encoding", options.encoding);
    if (options.schema_version)
        line += fmt::format(" --schema-version {}", *options.schema_version);
    if (options.new_type) line += " --new-type";
    return line;
}

problem refused(const session& in, const failure& why, const append_options& options) {
    auto all = in.explain(why);
    const auto stream = shell_word(options.stream);
    if (why.code == errc::conflict) {
        show_checks(in, why);
        all.what.hint = in.command("cat " + stream + " --reverse -c 5") +
                        "  # what was stored since";
    }
    if (why.code == errc::unknown)
        all.what.hint = in.go_on(retry(options, why.append)) + "  # stores it once, there or not";
    if (why.code == errc::invalid_argument || why.code == errc::too_large)
        all.what.hint = "varve append --help";
    if (why.code == errc::id_reused) all.what.hint = "leave --id out for a new one";
    return all;
}

/// What would be stored, found out without the right to write.
answer<exit_code> try_out(const session& in, const append_options& options, const parsed& words,
                          tool_store& store, const encoded& payload) {
    auto seen = store.log().scan_stream(options.stream, {.limit = 1},
                                        [](const recorded_event&) { return false; });
    if (!seen) return std::unexpected(in.explain(seen.error()));
    const revision newest = seen->newest;
    if (seen->state == stream_state::tombstoned)
        return std::unexpected(refused(
            in,
            failure{errc::tombstoned, fmt::format("stream '{}' was ended for ever at revision {}",
                                                  options.stream, newest.value)},
            options));
    if (!words.expected.met_by(newest, seen->state)) {
        failure conflict{errc::conflict,
                         fmt::format("{} is at revision {}, expected {}", options.stream,
                                     newest.value, to_string(words.expected)),
                         {{options.stream, words.expected, newest, seen->state}}};
        return std::unexpected(refused(in, conflict, options));
    }
    record one = in.out().make();
    one.flag("dry_run", true);
    one.text("stream", options.stream);
    one.number("revision", newest.value + 1);
    one.text("type", options.type);
    one.small("schema_version", payload.schema_version);
    one.text("encoding", to_string(payload.encoding));
    one.text("payload_hex", hex(payload.payload));
    in.out().show(one);
    return exit_code::good;
}

}  // namespace

answer<exit_code> run_append(const session& in, const append_options& options) {
    auto words = parse(options, in.env());
    if (!words) return std::unexpected(std::move(words).error());
    auto text = read_payload(options.payload);  // before the store is held: it may take a while
    if (!text) return std::unexpected(std::move(text).error());
    auto store = in.open(options.dry_run  ? access::read
                         : options.create ? access::create
                                          : access::write);
    if (!store) return std::unexpected(std::move(store).error());
    auto types = (*store)->types();
    if (!types) return std::unexpected(in.explain(types.error()));
    auto payload = encode(in, options, *text, *types);
    if (!payload) return std::unexpected(std::move(payload).error());
    if (options.dry_run) return try_out(in, options, *words, **store, *payload);

    words->meta.headers = words->headers;
    const new_event event{.stream = options.stream,
                          .type = options.type,
                          .schema_version = payload->schema_version,
                          .payload = payload->payload,
                          .meta = words->meta,
                          .tags = words->tags};
    const stream_check check{options.stream, words->expected};
    const type_description type{options.type, payload->schema_version, payload->encoding,
                                payload->descriptor};
    auto log = (*store)->log();
    const position before = log.head();
    auto given = log.append(
        {.id = words->id, .events = {&event, 1}, .checks = {&check, 1}, .types = {&type, 1}});
    if (!given) return std::unexpected(refused(in, given.error(), options));
    show(in, *given, options, given->last <= before);
    return exit_code::good;
}

}  // namespace varve::tool
