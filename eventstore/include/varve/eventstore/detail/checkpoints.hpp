// Checkpoints of named readers, kept beside the log.
#pragma once

#include <varve/eventstore/detail/side_transaction.hpp>
#include <varve/eventstore/detail/store_state.hpp>
#include <varve/eventstore/format/checkpoints.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// What a listing says of a reader.
struct reader_entry {
    std::string name;
    checkpoint at;
};

/// The decisions about checkpoints; the leader calls those that write.
template <engine Engine>
class checkpoints {
public:
    explicit checkpoints(store_state<Engine>& state) : state_(state) {}

    result<checkpoint> load(std::string_view reader) {
        if (auto named = check(reader); !named) return pass_on(std::move(named));
        if (auto fine = state_.check_beside(); !fine) return pass_on(std::move(fine));
        const auto key = reader_key(state_.options.tenant, reader);
        auto found = decode_checkpoint(reader, key, identity(),
                                       state_.stored_value(checkpoint_space, bytes_view{key}));
        if (!found && found.error().code == errc::corrupt)
            return state_.damage_beside(found.error());
        return found;
    }

    /// Every reader that has a checkpoint, by name.
    result<std::vector<reader_entry>> list() {
        if (auto fine = state_.check_beside(); !fine) return pass_on(std::move(fine));
        auto view = state_.engine.view();
        if (!view) return pass_on(std::move(view));
        bytes low, high;
        put_big_endian(low, state_.options.tenant);
        put_big_endian(high, state_.options.tenant);
        high.resize(high.size() + limits::stream_name + 1, std::byte{0xff});
        std::vector<reader_entry> all;
        result<void> inner{};
        auto scanned = view->scan(checkpoint_space, bytes_view{low}, bytes_view{high},
                                  direction::forward, [&](const key& at, bytes_view value) {
                                      std::string name{as_text(at.octets.subspan(4))};
                                      auto found = decode_checkpoint(name, at.octets, value);
                                      if (!found) {
                                          inner = state_.damage_beside(found.error());
                                          return false;
                                      }
                                      all.push_back({std::move(name), *found});
                                      return true;
                                  });
        if (!inner) return pass_on(std::move(inner));
        if (!scanned) return pass_on(std::move(scanned));
        return all;
    }

    result<checkpoint> claim(side_transaction& to, std::string_view reader) {
        return change(to, reader, [](checkpoint now) -> result<checkpoint> {
            ++now.holder.value;
            return now;
        });
    }
    result<checkpoint> save(side_transaction& to, std::string_view reader, position reached,
                            fencing_token holder) {
        return change(to, reader, [&](const checkpoint& now) {
            return moved_checkpoint(reader, now, identity(), reached, state_.head.get(), holder);
        });
    }
    /// Back to the beginning, in this life of the store.
    result<checkpoint> reset(side_transaction& to, std::string_view reader, fencing_token holder) {
        return change(to, reader, [&](const checkpoint& now) -> result<checkpoint> {
            checkpoint fresh{identity(), {}, now.holder};
            auto allowed = moved_checkpoint(reader, fresh, identity(), {}, {}, holder);
            if (!allowed) return allowed;
            return fresh;
        });
    }

    static result<void> check(std::string_view reader) {
        return check_name("the name of the reader", reader, limits::stream_name);
    }

private:
    template <class Change>
    result<checkpoint> change(side_transaction& to, std::string_view reader, Change&& make) {
        if (auto named = check(reader); !named) return pass_on(std::move(named));
        if (auto fine = state_.check_beside(); !fine) return pass_on(std::move(fine));
        const auto key = reader_key(state_.options.tenant, reader);
        auto now = decode_checkpoint(reader, key, identity(), to.get(checkpoint_space, key));
        if (!now) return now;
        result<checkpoint> next = make(*now);
        if (next && *next != *now) to.put(checkpoint_space, key, encode_checkpoint(key, *next));
        return next;
    }

    const store_identity& identity() const noexcept { return state_.stored.identity; }

    store_state<Engine>& state_;
};

}  // namespace varve::inline v0::detail
