// A store as the tool sees it: opened by its location, of any engine, compiled once.
#pragma once

#include "store_location.hpp"

#include <varve/environment.hpp>
#include <varve/eventstore/store_options.hpp>
#include <varve/eventstore/verify.hpp>
#include <varve/reservation.hpp>
#include <varve/store_ref.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace varve::tool {

/// An open store. Functions as those of `basic_store`.
class tool_store {
public:
    virtual ~tool_store() = default;
    virtual store_ref log() = 0;
    virtual store_summary summary() = 0;
    virtual std::vector<stream_entry> streams(std::string_view prefix) = 0;
    virtual result<std::vector<stored_type>> types() = 0;
    virtual result<std::vector<reservation>> reservations() = 0;
    virtual std::string_view engine() const = 0;
};

enum class access : std::uint8_t {
    read,    ///< Beside a writer; nothing is written.
    write,   ///< The store must be there. Errors: `busy` naming who holds it.
    create,  ///< The same, and a store is made if there is none.
};

/// Errors: as the engine's and the store's `open`.
result<std::unique_ptr<tool_store>> open_store(const store_location& where, access how,
                                               environment& with);

/// What `prove` looked at besides the log.
struct proof {
    verify_report log;
    std::uint64_t types = 0;  ///< Type descriptions.
    std::uint64_t reservations = 0;
    std::uint64_t promises = 0;                       ///< How often one was made or ended.
    std::vector<std::string> reservations_damaged{};  ///< What is wrong with them.
    std::vector<std::string> damaged{};               ///< What is wrong with types and readers.
    std::optional<std::string> anchor_fault{};  ///< What the anchor knows and the log does not.

    bool good() const noexcept {
        return log.good() && damaged.empty() && reservations_damaged.empty() && !anchor_fault;
    }
};

/// Proves every byte, also of a store that refuses to open because it is damaged. Errors: as the
/// engine's `open`; `corrupt` if the damage is such that the log cannot be walked to its end.
result<proof> prove_store(const store_location& where);

/// Opens a store that refuses to, and says what it is then: takes a log that ends at `after` as it is,
/// although its anchor knows of more (a new epoch begins), and drops reservations that cannot be read.
/// Errors: as `open_store`; `corrupt` if it ends elsewhere.
result<store_summary> repair_store(const store_location& where, std::optional<position> after,
                                   bool drop_reservations, environment& with);

/// Bytes of the store's files, its write-ahead log included; 0 if they cannot be seen.
std::uint64_t size_on_disk(const store_location& where);

}  // namespace varve::tool
