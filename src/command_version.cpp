// `varve version`: what this program is and what it can read.
#include "commands.hpp"

#include <varve/eventstore/format/spaces.hpp>
#include <varve/version.hpp>

namespace varve::tool {

answer<exit_code> run_version(const session& in) {
    record all = in.out().make();
    all.text("varve", version_text);
    all.small("format", format_version);
    all.text("engines", "sqlite, rocksdb");
    in.out().show(all);
    return exit_code::good;
}

}  // namespace varve::tool
