// The clock, chance and threads of the tool: the machine's own, or for tests those of two variables.
//
// `VARVE_TEST_TIME` (an RFC 3339 time) stops the clock there, `VARVE_TEST_SEED` (a number) makes every
// identifier a function of it. They exist so that golden files hold still; nothing else uses them.
#pragma once

#include "diagnostic.hpp"

#include <varve/environment.hpp>

#include <memory>

namespace varve::tool {

/// Owns what an `environment` refers to.
class tool_environment {
public:
    /// Refuses variables that do not read as a time and a number.
    static answer<std::unique_ptr<tool_environment>> make();

    varve::environment& get() noexcept { return environment_; }

private:
    tool_environment(std::unique_ptr<clock_source> clock, std::unique_ptr<random_source> chance)
        : clock_(std::move(clock)),
          random_(std::move(chance)),
          environment_(*clock_, *random_, threads_) {}

    std::unique_ptr<clock_source> clock_;
    std::unique_ptr<random_source> random_;
    thread_executor threads_{1};
    varve::environment environment_;
};

}  // namespace varve::tool
