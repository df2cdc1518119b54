// The tags that an event type declares are texts.
// expect: varve: the tags that this event declares are no range of texts
#include "account.hpp"

#include <array>
#include <string>

struct Closed {
    static constexpr std::string_view wire_name = "closed";
    std::int64_t branch;
#ifdef BAD
    std::array<std::int64_t, 1> tags() const { return {branch}; }
#else
    std::array<std::string, 1> tags() const { return {"branch:" + std::to_string(branch)}; }
#endif
};

void take(const Closed& closed, void (*with)(std::string_view)) {
    varve::detail::each_declared_tag(closed, with);
}
