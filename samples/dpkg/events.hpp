// What dpkg writes into its log, as events, and the package that they fold into.
#pragma once

#include <varve/adapters/json.hpp>
#include <varve/core.hpp>

#include <string>
#include <string_view>

namespace dpkg {

// [startup]
/// `startup archives unpack`: a run of dpkg begins.
struct Startup {
    static constexpr std::string_view wire_name = "dpkg.startup";
    using encoding = varve::json;
    std::string what;
    static constexpr auto fields = varve::fields(varve::field("what", &Startup::what));
};
// [/startup]

/// `status installed adduser:all 3.134`: a package has come to this.
struct Status {
    static constexpr std::string_view wire_name = "dpkg.status";
    using encoding = varve::json;
    std::string status;
    std::string version;
    static constexpr auto fields = varve::fields(varve::field("status", &Status::status),
                                                 varve::field("version", &Status::version));
};

/// `upgrade libudev1:amd64 252.36-1 252.38-1`: dpkg sets about it; the log says later what came of it.
struct Action {
    static constexpr std::string_view wire_name = "dpkg.action";
    using encoding = varve::json;
    std::string action;
    std::string from;
    std::string to;
    static constexpr auto fields = varve::fields(varve::field("action", &Action::action),
                                                 varve::field("from", &Action::from),
                                                 varve::field("to", &Action::to));
};

/// `conffile /etc/adduser.conf keep`: what was done with a changed configuration file.
struct Conffile {
    static constexpr std::string_view wire_name = "dpkg.conffile";
    using encoding = varve::json;
    std::string file;
    std::string decision;
    static constexpr auto fields = varve::fields(varve::field("file", &Conffile::file),
                                                 varve::field("decision", &Conffile::decision));
};

/// One package as its log tells it. Its key is `name:architecture`, as in `package-libc6:amd64`.
struct Package {
    static constexpr std::string_view category = "package";
    using events = varve::events<Status, Action>;

    std::string status;  ///< Empty until the log says one.
    std::string version;
    std::string under_way;  ///< The action that has not come to a status yet.

    void evolve(const Status& e) {
        status = e.status;
        version = e.version;
        under_way.clear();
    }
    void evolve(const Action& e) { under_way = e.action; }
};

}  // namespace dpkg
