// The tool `varve`: reads the command line and runs one command. The only file that includes CLI11.
#include "commands.hpp"
#include "settings.hpp"
#include "text.hpp"
#include "tool_environment.hpp"

#include <varve/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve::tool {
namespace {

/// Words and what they mean, in the order in which they are listed.
template <class T>
using vocabulary = std::vector<std::pair<std::string, T>>;

const vocabulary<output_format> formats{{"table", output_format::table},
                                        {"plain", output_format::plain},
                                        {"json", output_format::json},
                                        {"ndjson", output_format::ndjson}};
const vocabulary<color_choice> colors{{"auto", color_choice::automatic},
                                      {"always", color_choice::always},
                                      {"never", color_choice::never}};

template <class T>
std::optional<T> meaning(const vocabulary<T>& known, const std::string& word) {
    for (const auto& [name, value] : known)
        if (name == word) return value;
    return std::nullopt;
}

/// Everything the command line can say.
struct invocation {
    std::string store;
    std::string format, color;  // as written; empty: not given
    bool quiet = false;
    info_options info;
    streams_options streams;
    cat_options cat;
    tail_options tail;
    append_options append;
    replay_options replay;
    repair_options repair;

    bool interruptible = false;
    std::function<answer<exit_code>(const session&, interruption*)> run;
};

/// Refuses what is no decimal number that fits; CLI11 itself would take -1 for 2^64 - 1.
const CLI::Validator whole_number{
    [](const std::string& text) {
        return parse_number(text) ? std::string{} : "'" + text + "' is no whole number";
    },
    "", "whole_number"};

template <class T>
void number(CLI::App& app, const char* name, T& to, const char* help) {
    app.add_option(name, to, help)->check(whole_number)->type_name("N");
}

/// Schema versions begin at 1 and have 32 bits.
const CLI::Validator schema_version{
    [](const std::string& text) {
        const auto number = parse_number(text).value_or(0);
        const bool good = number >= 1 && number <= std::numeric_limits<std::uint32_t>::max();
        return good ? std::string{} : "'" + text + "' is not a number from 1 to 4294967295";
    },
    "", "schema_version"};

/// An option that takes one of some words. (What CLI11 has for that lists a map by its own lights.)
void choice(CLI::App& app, const char* name, std::string& to, const std::vector<std::string>& known,
            const char* type, const char* help) {
    std::string listed;
    for (const auto& each : known) listed += (listed.empty() ? "" : ", ") + each;
    const CLI::Validator one_of{
        [known, listed](const std::string& text) {
            const bool found = std::ranges::find(known, text) != known.end();
            return found ? std::string{} : "'" + text + "' is not one of " + listed;
        },
        "", "one_of"};
    app.add_option(name, to, help)->check(one_of)->type_name(type);
}

template <class T>
std::vector<std::string> names_of(const vocabulary<T>& known) {
    std::vector<std::string> names;
    for (const auto& each : known) names.push_back(each.first);
    return names;
}

void words(CLI::App& app, const char* name, std::vector<std::string>& to, const char* type,
           const char* help) {
    app.add_option(name, to, help)->type_name(type)->allow_extra_args(false);
}

CLI::App& command(CLI::App& app, const char* name, const char* help, const char* example) {
    auto& added = *app.add_subcommand(name, help);
    added.footer(std::string{"Example:\n  "} + example);
    return added;
}

void add_reading(CLI::App& app, invocation& call) {
    auto& info = command(app, "info", "What the store is, and who writes it",
                         "varve --store bank.db info --types");
    info.add_flag("--types", call.info.types, "Also the event types, with counts (reads the log)");
    info.callback([&call] {
        call.run = [&call](const session& in, interruption*) { return run_info(in, call.info); };
    });

    auto& streams = *app.add_subcommand("streams", "The streams of the store");
    streams.require_subcommand(1);
    auto& ls = command(streams, "ls", "Lists streams; -q names only",
                       "varve --store bank.db streams ls account --sort last --limit 5");
    ls.add_option("PREFIX", call.streams.prefix, "Only names that begin so")->type_name("");
    ls.add_option("--category", call.streams.category, "Only this category")->type_name("NAME");
    choice(ls, "--sort", call.streams.sort, {"name", "events", "last"}, "KEY",
           "By name, events (most first) or last (latest first)");
    number(ls, "--limit", call.streams.limit, "At most this many; 0: all");
    ls.callback([&call] {
        call.run = [&call](const session& in, interruption*) {
            return run_streams(in, call.streams);
        };
    });

    auto& cat = command(app, "cat", "The events of a stream",
                        "varve --store bank.db cat account-7 --from 2 -c 10");
    cat.add_option("STREAM", call.cat.stream, "Its name")->required()->type_name("");
    number(cat, "--from", call.cat.from, "First revision");
    number(cat, "--to", call.cat.to, "Last revision");
    words(cat, "-t,--type", call.cat.types, "TYPE", "Only this event type; may be repeated");
    words(cat, "--tag", call.cat.tags, "TAG", "Only events with this tag; may be repeated");
    number(cat, "-c,--count", call.cat.count, "At most this many events");
    cat.add_flag("--reverse", call.cat.reverse, "Newest first");
    cat.callback([&call] {
        call.run = [&call](const session& in, interruption*) { return run_cat(in, call.cat); };
    });

    auto& tail = command(app, "tail", "The end of the log; -f follows it",
                         "varve --store bank.db tail -n 3 -t bank.Deposited");
    number(tail, "-n,--lines", call.tail.count, "How many events (10)");
    tail.add_flag("-f,--follow", call.tail.follow, "Wait for more, until Ctrl-C");
    number(tail, "--after", call.tail.after, "Everything after this position, instead of -n");
    words(tail, "-t,--type", call.tail.types, "TYPE", "Only this event type; may be repeated");
    words(tail, "--tag", call.tail.tags, "TAG", "Only events with this tag; may be repeated");
    tail.add_option("--category", call.tail.category, "Only this category")->type_name("NAME");
    tail.callback([&call] {
        call.interruptible = true;
        call.run = [&call](const session& in, interruption* stop) {
            return run_tail(in, call.tail, *stop);
        };
    });
}

void add_writing(CLI::App& app, invocation& call) {
    auto& to = call.append;
    auto& append = command(
        app, "append", "Stores one event",
        "varve --store bank.db append account-7 bank.Deposited '{\"cents\":500}'");
    append.add_option("STREAM", to.stream, "Its name, as account-7")->required()->type_name("");
    append.add_option("TYPE", to.type, "The event type's wire name")->required()->type_name("");
    append.add_option("PAYLOAD", to.payload, "JSON, @FILE, or @- for standard input")
        ->required()
        ->type_name("");
    append
        .add_option("--expect", to.expect,
                    "Revision the stream must have: N, none, any, exists, or soft-deleted")
        ->type_name("REVISION");
    append.add_option("--id", to.id, "Append id; the same id stores once (a new one)")
        ->type_name("UUID");
    append.add_option("--correlation", to.correlation, "What it belongs to")->type_name("UUID");
    append.add_option("--causation", to.causation, "What caused it")->type_name("UUID");
    append.add_option("--occurred-at", to.occurred_at, "When it happened, RFC 3339")
        ->type_name("TIME");
    words(append, "--header", to.headers, "KEY=VALUE", "May be repeated");
    words(append, "--tag", to.tags, "TAG", "May be repeated");
    choice(append, "--encoding", to.encoding, {"json", "opaque", "protobuf", "flat"}, "KIND",
           "json, opaque, protobuf or flat (as the type is stored)");
    append
        .add_option("--schema-version", to.schema_version,
                    "Of the payload (the newest that the application stored)")
        ->check(schema_version)
        ->type_name("N");
    append.add_flag("--new-type", to.new_type,
                    "The store need not know the type, nor the schema version");
    append.add_flag("--create", to.create, "Begin a new store if there is none");
    append.add_flag("--dry-run", to.dry_run, "Only say what would be stored");
    append.callback([&call] {
        call.run = [&call](const session& in, interruption*) {
            return run_append(in, call.append);
        };
    });
}

void add_moving(CLI::App& app, invocation& call) {
    auto& to = call.replay;
    auto& replay = command(
        app, "replay", "Walks the log in order; fires no side effects",
        "varve --store bank.db replay --from 1 --speed max --into events.ndjson");
    number(replay, "--from", to.from, "First position (1)");
    number(replay, "--to", to.to, "Last position (the head)");
    replay.add_option("--speed", to.speed, "max, or a multiple of the pace of old, as 10x")
        ->type_name("SPEED");
    replay.add_option("--until", to.until, "Nothing recorded later, RFC 3339")->type_name("TIME");
    auto* into = replay.add_option("--into", to.into, "Write ndjson to a new file")
                     ->type_name("FILE");
    replay.add_flag("--continue", to.go_on, "Go on behind the last whole line of that file")
        ->needs(into);
    replay.add_flag("--dry-run", to.dry_run, "Only say what would be replayed");
    replay.callback([&call] {
        call.interruptible = true;
        call.run = [&call](const session& in, interruption* stop) {
            return run_replay(in, call.replay, *stop);
        };
    });

    auto& reservations = command(app, "reservations", "Promised appends, and what they hold",
                                 "varve --store bank.db reservations");
    reservations.callback([&call] {
        call.run = [](const session& in, interruption*) { return run_reservations(in); };
    });

    auto& verify = command(app, "verify", "Proves checksums, leaves, chain and density",
                           "varve --store bank.db verify");
    verify.callback(
        [&call] { call.run = [](const session& in, interruption*) { return run_verify(in); }; });

    auto& mend = call.repair;
    auto& repair = command(app, "repair", "Takes a log whose end is lost, and begins a new epoch",
                           "varve --store bank.db repair --accept-loss-after 41 --dry-run");
    number(repair, "--accept-loss-after", mend.accept_loss_after,
           "The last position that is there");
    repair.add_flag("--drop-damaged-reservations", mend.drop_damaged_reservations,
                    "Give up promised appends that cannot be read");
    repair.add_flag("--yes", mend.yes, "Do not ask");
    repair.add_flag("--dry-run", mend.dry_run, "Only say what would be given up");
    repair.callback([&call] {
        call.run = [&call](const session& in, interruption*) {
            return run_repair(in, call.repair);
        };
    });

    auto& version = command(app, "version", "What this program is and can read", "varve version");
    version.callback(
        [&call] { call.run = [](const session& in, interruption*) { return run_version(in); }; });
}

std::unique_ptr<CLI::App> describe(invocation& call) {
    auto app = std::make_unique<CLI::App>(
        "Varve: an append-only event store, looked at from outside", "varve");
    app->fallthrough();
    app->require_subcommand(1);
    app->set_version_flag("--version", std::string{"varve "} + version_text);
    app->add_option("--store", call.store, "sqlite:FILE, or just FILE; also from VARVE_STORE")
        ->type_name("STORE");
    choice(*app, "-o,--output", call.format, names_of(formats), "FORMAT",
           "table, plain, json or ndjson (table on a terminal)");
    app->add_flag("-q,--quiet", call.quiet, "Names only; nothing but errors on standard error");
    choice(*app, "--color", call.color, names_of(colors), "WHEN", "auto, always or never");
    app->footer(
        "Exit codes: 0 good, 1 fault, 2 usage, 3 not found, 4 version conflict, 5 corruption,\n"
        "6 busy or locked, 7 done in part, 130 interrupted. VARVE_STORE names the store too.\n"
        "Example:\n  varve --store bank.db tail -n 5");
    add_reading(*app, call);
    add_writing(*app, call);
    add_moving(*app, call);
    return app;
}

// ---- what cannot be meant like this -----------------------------------------------------------

/// The command whose arguments are read last.
CLI::App& innermost(CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string> known_words(CLI::App& app, bool options) {
    std::vector<std::string> known;
    if (!options)
        for (const auto* each : app.get_subcommands({})) known.push_back(each->get_name());
    for (auto* level = &app; options && level != nullptr; level = level->get_parent())
        for (const auto* each : level->get_options())
            for (const auto& name : each->get_lnames()) known.push_back("--" + name);
    return known;
}

/// `varve streams ls`: how a command is called.
std::string path_of(const CLI::App& at) {
    const auto* parent = at.get_parent();
    return (parent == nullptr ? "" : path_of(*parent) + " ") + at.get_name();
}

/// The command whose help tells of the option that a message begins with.
CLI::App& owner_of(CLI::App& innermost, std::string_view message) {
    const std::string option{message.substr(0, message.find(':'))};
    for (auto* level = &innermost; level != nullptr; level = level->get_parent())
        if (level->get_option_no_throw(option) != nullptr) return *level;
    return innermost;
}

/// The first word that no command knows, and what it may have been.
diagnostic usage_problem(CLI::App& app, const CLI::ParseError& error) {
    auto& at = innermost(app);
    const auto path = path_of(at);
    diagnostic told{"usage", error.what(), path_of(owner_of(at, error.what())) + " --help"};
    for (const auto& word : app.remaining(true)) {
        const bool option = word.starts_with('-');
        if (!option && at.get_subcommands({}).empty()) {
            told.message = "'" + word + "' is one word too many for " + path;
            told.hint = path + " --help; a name or payload with blanks is quoted";
            return told;
        }
        told.message = option ? "there is no option '" + word + "'"
                              : "there is no command '" + word + "'";
        if (const auto near = nearest(word, known_words(at, option)))
            told.hint = "did you mean '" + *near + "'? " + path + " --help";
        return told;
    }
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && &at == &app)
        told.message = "no command is given";
    else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
             !at.get_subcommands({}).empty())
        told.message = "no command is given after " + path;
    return told;
}

/// The format that the command line asks for, although it could not be read to its end.
std::optional<output_format> asked_format(int count, char** arguments) {
    for (int i = 1; i < count; ++i) {
        std::string word = arguments[i];
        if ((word == "-o" || word == "--output") && i + 1 < count)
            word = arguments[i + 1];
        else if (word.starts_with("--output="))
            word.erase(0, 9);
        else if (word.starts_with("-o"))
            word.erase(0, 2);
        else
            continue;
        if (const auto found = meaning(formats, word)) return found;
    }
    return std::nullopt;
}

int refuse_usage(const diagnostic& what, std::optional<output_format> format) {
    output out{settle(format, color_choice::automatic, false)};
    out.tell(what);
    return static_cast<int>(out.finish(exit_code::usage));
}

// ---- running ----------------------------------------------------------------------------------

/// The options that say how to print, as they were given.
std::string form_of(const invocation& call) {
    std::string form;
    if (!call.format.empty()) form += "-o " + call.format + " ";
    if (call.quiet) form += "-q ";
    if (!call.color.empty()) form += "--color " + call.color + " ";
    return form;
}

int run(invocation& call) {
    const auto format = meaning(formats, call.format);
    const auto color = meaning(colors, call.color).value_or(color_choice::automatic);
    // before any thread is started
    std::optional<interruption> stop;
    if (call.interruptible) stop.emplace();
    auto env = tool_environment::make();
    if (!env) return refuse_usage(env.error().what, format);

    output out{settle(format, color, call.quiet)};
    const bool named = !call.store.empty();
    const char* from_environment = std::getenv("VARVE_STORE");
    if (!named && from_environment != nullptr) call.store = from_environment;
    const session in{out, (*env)->get(), call.store, !named, form_of(call)};
    const auto ended = call.run(in, stop ? &*stop : nullptr);
    if (ended) return static_cast<int>(out.finish(*ended));
    out.tell(ended.error().what);
    return static_cast<int>(out.finish(ended.error().code));
}

int main_with(int count, char** arguments) {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // for the width of characters; what is printed is UTF-8
    std::signal(SIGPIPE, SIG_IGN);        // a closed pipe is seen where it is written to,
    std::signal(SIGXFSZ, SIG_IGN);        // and so is a file that may not grow
    invocation call;
    const auto app = describe(call);
    try {
        app->parse(count, arguments);
    } catch (const CLI::Success& help) {
        return app->exit(help);
    } catch (const CLI::ParseError& error) {
        return refuse_usage(usage_problem(*app, error), asked_format(count, arguments));
    }
    return run(call);
}

}  // namespace
}  // namespace varve::tool

int main(int count, char** arguments) { return varve::tool::main_with(count, arguments); }
