// An engine in one file, by somebody who has nothing of Varve but its headers: models `varve::engine`.
//
// Everything lies in memory, and in the journal first. `basic_store<file_engine>` is an event store.
#pragma once

#include "journal.hpp"
#include "versions.hpp"

#include <varve/engine.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace third_party {

/// Numbers become eight bytes, largest first, so that keys of both kinds are ordered as strings.
inline std::string key_text(const varve::space& in, const varve::key& at) {
    if (in.keys == varve::key_kind::octets) return std::string{varve::as_text(at.octets)};
    std::string text(8, '\0');
    for (int i = 0; i < 8; ++i) text[7u - unsigned(i)] = static_cast<char>(at.number >> (8 * i));
    return text;
}
inline varve::key text_key(const varve::space& in, const std::string& text) {
    if (in.keys == varve::key_kind::octets) return varve::as_bytes(text);
    std::uint64_t number = 0;
    for (const char c : text) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

class file_engine {
public:
    static constexpr varve::engine_traits traits{
        .name = "file", .durable = true, .shared = false, .transaction_hook = false};

    class transaction {
    public:
        result<void> put(const varve::space& in, const varve::key& at, bytes_view value) {
            writes_.push_back({in.index, key_text(in, at),
                               std::make_shared<const bytes>(value.begin(), value.end())});
            return {};
        }
        result<void> remove(const varve::space& in, const varve::key& at) {
            writes_.push_back({in.index, key_text(in, at), nullptr});
            return {};
        }
        result<std::uint64_t> savepoint() { return writes_.size(); }
        result<void> rollback_to(std::uint64_t savepoint) {
            if (savepoint > writes_.size())
                return fail(errc::invalid_argument, "no savepoint " + std::to_string(savepoint));
            writes_.resize(savepoint);
            return {};
        }

    private:
        friend class file_engine;
        std::vector<versions::write> writes_;
    };

    class view_type {
    public:
        result<bool> get(const varve::space& in, const varve::key& at,
                         const std::function<void(bytes_view)>& found) const {
            const auto content = all_->get(in.index, key_text(in, at), at_);
            if (content) found(*content);
            return content != nullptr;
        }
        result<void> scan(const varve::space& in, const varve::key& low, const varve::key& high,
                          varve::direction way, const varve::entry_visitor& visit) const {
            const bool forward = way == varve::direction::forward;
            const auto end = key_text(in, forward ? high : low);
            auto key = key_text(in, forward ? low : high);
            for (bool itself = true;; itself = false) {
                const auto content = all_->next(in.index, key, itself, forward, at_);
                if (!content || (forward ? key > end : key < end)) return {};
                if (!visit(text_key(in, key), *content)) return {};
            }
        }

    private:
        friend class file_engine;
        explicit view_type(std::shared_ptr<const versions> all)
            : all_(std::move(all)), at_(all_->newest()) {}
        std::shared_ptr<const versions> all_;
        std::uint64_t at_;
    };

    /// Errors: what the opener says, `corrupt`, `foreign`.
    static result<file_engine> open(std::span<const varve::space> spaces, file_opener opener,
                                    std::string place) {
        std::string names;
        for (const auto& each : spaces) {
            names += each.name;
            names += each.keys == varve::key_kind::number ? " by number\n" : " by bytes\n";
        }
        file_engine opened{std::make_unique<state>(
            journal{std::move(opener), std::move(place), std::move(names)}, spaces.size())};
        if (auto loaded = opened.reopen(); !loaded) return varve::pass_on(std::move(loaded));
        return opened;
    }

    template <class F>
    result<void> transact(F&& f) {
        auto& s = *state_;
        if (s.poisoned) return fail(errc::poisoned, "'" + place() + "' failed; reopen it first");
        transaction wanted;
        if (result<void> done = std::forward<F>(f)(wanted); !done) return done;
        if (wanted.writes_.empty()) return {};
        if (auto stored = s.file.store(wanted.writes_); !stored) {
            s.poisoned = true;
            return fail(errc::unknown, stored.error().message);
        }
        s.all->apply(std::move(wanted.writes_));
        return {};
    }
    result<view_type> view() const {
        const std::lock_guard lock{state_->guard};
        return view_type{state_->all};
    }
    /// Views that are open keep what they saw.
    result<void> reopen() {
        state_->poisoned = true;
        auto fresh = std::make_shared<versions>(state_->spaces);
        if (auto loaded = state_->file.load(*fresh); !loaded) return loaded;
        const std::lock_guard lock{state_->guard};
        state_->all = std::move(fresh);
        state_->poisoned = false;
        return {};
    }
    static constexpr bool read_only() noexcept { return false; }
    std::string place() const { return state_->file.place(); }

private:
    struct state {
        state(journal kept, std::size_t count)
            : file(std::move(kept)), spaces(count), all(std::make_shared<versions>(count)) {}

        journal file;
        std::size_t spaces;
        bool poisoned = false;
        std::mutex guard;
        std::shared_ptr<versions> all;  // replaced when the file is read anew
    };

    explicit file_engine(std::unique_ptr<state> inner) : state_(std::move(inner)) {}

    std::unique_ptr<state> state_;
};

static_assert(varve::engine<file_engine>);

}  // namespace third_party
