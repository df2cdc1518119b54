// What every command is given: the output, the environment, and the store that is meant.
#pragma once

#include "output.hpp"
#include "store_location.hpp"
#include "tool_store.hpp"

#include <varve/environment.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace varve::tool {

class session {
public:
    /// `store`: as written after `--store`. `from_environment`: VARVE_STORE named it.
    session(output& out, environment& with, std::string store, bool from_environment)
        : out_(&out),
          environment_(&with),
          store_(std::move(store)),
          from_environment_(from_environment) {}

    output& out() const noexcept { return *out_; }
    environment& env() const noexcept { return *environment_; }

    answer<store_location> location() const { return parse_location(store_); }

    /// Opens the store that is meant.
    answer<std::unique_ptr<tool_store>> open(access how) const;

    /// `varve --store sqlite:bank.db <rest>`: a command that can be pasted.
    std::string command(std::string_view rest) const;

    /// A failure of the store, with the next command to run.
    problem explain(failure f) const;

private:
    output* out_;
    environment* environment_;
    std::string store_;
    bool from_environment_;
};

}  // namespace varve::tool
