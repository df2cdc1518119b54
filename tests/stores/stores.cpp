// Compiles every member of every store.
#include "stores/stores.hpp"

namespace varve {

template class basic_store<memory_engine>;
template class basic_store<sqlite_engine>;

}  // namespace varve
