// What a group adds to the log and beside it, before it is durable.
#pragma once

#include <varve/eventstore/detail/log_index.hpp>
#include <varve/eventstore/detail/pending.hpp>
#include <varve/eventstore/detail/side_transaction.hpp>
#include <varve/eventstore/format/side_census.hpp>

#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

struct group_staging {
    group_staging(const log_index& durable, const side_census& promised,
                  side_transaction::lookup stored_beside)
        : head(durable.head()),
          first(head.next()),
          recorded(durable.last_recorded()),
          chain(durable.chain_head()),
          promises(promised),
          beside(std::move(stored_beside)) {}

    position head;
    position first;
    timestamp recorded;
    hash256 chain;
    std::unordered_map<std::string_view, stream_now> streams;  ///< Those written to.
    std::unordered_map<append_id, pending_append*> ids;
    std::vector<pending_append*> stored;   ///< Answers that hold only if the group becomes durable.
    std::vector<pending_append*> refused;  ///< Refused, perhaps because of what the group staged.
    std::vector<std::pair<bytes, bytes>> types;
    side_census promises;             ///< What the group leaves of reservations.
    side_transaction beside;          ///< What the side writes of the group leave.
    std::vector<side_write*> writes;  ///< Decided; theirs is the outcome of the group.
};

}  // namespace varve::inline v0::detail
