// A SQL statement is a literal, so that no value can become a part of it.
// expect: is not a constant expression
#include <varve/projections/rows.hpp>

#include <string>

void change(varve::row_writer& rows, const std::string& account) {
#ifdef BAD
    rows.run(("delete from total where account = '" + account + "'").c_str());
#else
    rows.run("delete from total where account = ?1", account);
#endif
}
