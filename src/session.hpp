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
    /// `store`: as written after `--store`. `from_environment`: VARVE_STORE named it. `form`: the
    /// options that say how to print, as they were given, each with a blank behind it.
    session(output& out, environment& with, std::string store, bool from_environment,
            std::string form)
        : out_(&out),
          environment_(&with),
          store_(std::move(store)),
          form_(std::move(form)),
          from_environment_(from_environment) {}

    output& out() const noexcept { return *out_; }
    environment& env() const noexcept { return *environment_; }

    answer<store_location> location() const { return parse_location(store_); }

    /// Opens the store that is meant.
    answer<std::unique_ptr<tool_store>> open(access how) const;

    /// `varve --store sqlite:bank.db <rest>`: a command that can be pasted.
    std::string command(std::string_view rest) const;

    /// The same for a command that goes on with this one: it prints in the same form.
    std::string go_on(std::string_view rest) const { return command(form_ + std::string{rest}); }

    /// A failure of the store, with the next command to run.
    problem explain(failure f) const;

private:
    problem held(const store_location& where, problem why) const;

    output* out_;
    environment* environment_;
    std::string store_;
    std::string form_;
    bool from_environment_;
};

}  // namespace varve::tool
