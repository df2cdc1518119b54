// The commands: what each may be told, and the function that does it.
//
// A command shows its data on the session's output and gives the code to exit with, or the problem
// that kept it from its work.
#pragma once

#include "interruption.hpp"
#include "session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace varve::tool {

struct info_options {
    bool types = false;
};
answer<exit_code> run_info(const session& in, const info_options& options);

struct streams_options {
    std::string prefix;
    std::string category;
    std::string sort = "name";  ///< name, events, last.
    std::uint64_t limit = 0;    ///< 0: all.
};
answer<exit_code> run_streams(const session& in, const streams_options& options);

struct cat_options {
    std::string stream;
    std::optional<std::uint64_t> from, to;  ///< Revisions, both included.
    std::vector<std::string> types, tags;   ///< One of these types, all of these tags.
    std::optional<std::uint64_t> count;
    bool reverse = false;
};
answer<exit_code> run_cat(const session& in, const cat_options& options);

struct tail_options {
    std::optional<std::uint64_t> count;  ///< The last so many; 10.
    bool follow = false;
    std::optional<std::uint64_t> after;    ///< A position: everything later, instead of `count`.
    std::vector<std::string> types, tags;  ///< One of these types, all of these tags.
    std::string category;
};
answer<exit_code> run_tail(const session& in, const tail_options& options, interruption& stop);

struct append_options {
    std::string stream, type, payload;
    std::string expect = "any";  ///< any, none, exists, soft-deleted, or a revision.
    std::string id, correlation, causation, occurred_at;
    std::vector<std::string> headers, tags;
    std::string encoding;  ///< json, opaque, protobuf, flat; empty: as the type is stored, or json.
    std::optional<std::uint32_t> schema_version;
    bool new_type = false;  ///< Type and version need not be known to the store.
    bool create = false;
    bool dry_run = false;
};
answer<exit_code> run_append(const session& in, const append_options& options);

struct replay_options {
    std::uint64_t from = 1;  ///< Positions, both included.
    std::optional<std::uint64_t> to;
    std::string speed = "max";  ///< max, or `10x`.
    std::string until;          ///< Nothing that was recorded later.
    std::string into;           ///< A file of ndjson; must not exist unless `go_on`.
    bool go_on = false;         ///< `--continue`: after the last whole line of `into`.
    bool dry_run = false;
};
answer<exit_code> run_replay(const session& in, const replay_options& options, interruption& stop);

answer<exit_code> run_reservations(const session& in);

answer<exit_code> run_verify(const session& in);

struct repair_options {
    std::optional<std::uint64_t> accept_loss_after;  ///< Where the log ends now.
    bool drop_damaged_reservations = false;
    bool yes = false;  ///< Nobody is asked.
    bool dry_run = false;
};
answer<exit_code> run_repair(const session& in, const repair_options& options);

answer<exit_code> run_version(const session& in);

}  // namespace varve::tool
