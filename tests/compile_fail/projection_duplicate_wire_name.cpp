// Two events of one projection need two names, or reading could not tell them apart.
// expect: varve: two events of this projection share a wire name
#include "account.hpp"

#include <varve/projections/sqlite_read_model.hpp>

struct Withdrawn {
#ifdef BAD
    static constexpr std::string_view wire_name = "deposited";
#else
    static constexpr std::string_view wire_name = "withdrawn";
#endif
    std::int64_t cents;
};

struct Total {
    static constexpr std::string_view name = "total";
    static constexpr std::uint32_t version = 1;
    using events = varve::events<Deposited, Withdrawn>;
    static constexpr std::string_view schema = "create table total(cents integer not null) strict";
    void apply(varve::row_writer& rows, const Deposited& e) {
        rows.run("update total set cents = cents + ?1", e.cents);
    }
    void apply(varve::row_writer& rows, const Withdrawn& e) {
        rows.run("update total set cents = cents - ?1", e.cents);
    }
};

varve::result<void> fold(varve::sqlite_read_model<Total>& model,
                         const varve::recorded_event& event) {
    return model.apply(event);
}
