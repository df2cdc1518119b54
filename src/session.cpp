#include "session.hpp"

#include "lock_holder.hpp"
#include "text.hpp"

#include <utility>

namespace varve::tool {

answer<std::unique_ptr<tool_store>> session::open(access how) const {
    auto where = location();
    if (!where) return std::unexpected(std::move(where).error());
    auto store = open_store(*where, how, *environment_);
    if (store) return std::move(*store);
    auto why = explain(store.error());
    if (store.error().code == errc::busy && how != access::read)
        return std::unexpected(held(*where, std::move(why)));
    if (store.error().code == errc::not_found)
        why.what.hint = how == access::read    ? "look for the file, or name another with --store"
                        : how == access::write ? "to begin a new store, add --create"
                                               : "make the folder, or name another with --store";
    return std::unexpected(std::move(why));
}

/// Who wants to write cannot open it read-only, as the library advises.
problem session::held(const store_location& where, problem why) const {
    if (const auto holder = find_lock_holder(where.path))
        why.what.message = "'" + where.path + "' is open for writing by " + holder->who +
                           "; one process writes a store at a time";
    why.what.hint =
        "let that process store the event, or end it and run this again (--dry-run and every "
        "other command work beside it)";
    return why;
}

std::string session::command(std::string_view rest) const {
    std::string line = "varve ";
    if (!from_environment_) line += "--store " + shell_word(store_) + " ";
    return line + std::string{rest};
}

problem session::explain(failure f) const {
    std::string hint;
    switch (f.code) {
        case errc::invalid_argument:
        case errc::too_large:
        case errc::unsupported: hint = "varve --help"; break;
        case errc::corrupt:
        case errc::undecodable: hint = command("verify"); break;
        case errc::busy: hint = command("info") + "  # who holds it"; break;
        case errc::not_found: hint = command("streams ls"); break;
        case errc::foreign:
            hint = "name another store with --store; varve version says what this one knows";
            break;
        case errc::denied:
            hint = "mend the permissions of the file and its folder, or run it as their owner";
            break;
        case errc::full: hint = "free some space, then run it again"; break;
        case errc::overloaded:
        case errc::reserved: hint = "run it again later"; break;
        case errc::io: hint = "run it again; if it stays, look at the disk (dmesg)"; break;
        default: hint = "run it again"; break;
    }
    return told(std::move(f), std::move(hint));
}

}  // namespace varve::tool
