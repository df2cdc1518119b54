// A SQL statement is given a value for each of its parameters.
// expect: varve_a_statement_names_more_or_fewer_parameters_than_it_is_given
#include <varve/projections/rows.hpp>

void change(varve::row_writer& rows) {
#ifdef BAD
    rows.run("update total set cents = cents + ?2 where account = ?1", 7);
#else
    rows.run("update total set cents = cents + ?2 where account = ?1", 7, 500);
#endif
}
