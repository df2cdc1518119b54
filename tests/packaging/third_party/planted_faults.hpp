// Faults that an engine may have, planted into ours by the name in PLANTED_FAULT.
#pragma once

#include "file_engine.hpp"

#include <cstdlib>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace third_party {

inline bool is_planted(std::string_view fault) {
    const char* chosen = std::getenv("PLANTED_FAULT");
    return chosen != nullptr && fault == chosen;
}

/// A file that says it is synced and is not, or that loses its last byte whenever it is opened.
class faulty_file final : public append_only_file {
public:
    explicit faulty_file(std::unique_ptr<append_only_file> honest) : honest_(std::move(honest)) {}

    varve::result<varve::bytes> read_all() override {
        auto all = honest_->read_all();
        if (all && !all->empty() && is_planted("loses_its_end")) all->pop_back();
        return all;
    }
    varve::result<void> write(std::uint64_t at, varve::bytes_view data) override {
        return honest_->write(at, data);
    }
    varve::result<void> cut(std::uint64_t size) override { return honest_->cut(size); }
    varve::result<void> sync() override {
        if (is_planted("forgets_to_sync")) return {};
        return honest_->sync();
    }

private:
    std::unique_ptr<append_only_file> honest_;
};

inline file_opener with_planted_fault(file_opener honest) {
    return [honest = std::move(honest)]() -> varve::result<std::unique_ptr<append_only_file>> {
        auto opened = honest();
        if (!opened) return opened;
        return std::make_unique<faulty_file>(std::move(*opened));
    };
}

/// An engine that walks the wrong way, does not remove, or takes a failure for a success.
class planted_engine {
public:
    static constexpr varve::engine_traits traits = file_engine::traits;

    class transaction {
    public:
        explicit transaction(file_engine::transaction& honest) : honest_(&honest) {}
        result<void> put(const varve::space& in, const varve::key& at, bytes_view value) {
            return honest_->put(in, at, value);
        }
        result<void> remove(const varve::space& in, const varve::key& at) {
            if (is_planted("does_not_remove")) return {};
            return honest_->remove(in, at);
        }
        result<std::uint64_t> savepoint() { return honest_->savepoint(); }
        result<void> rollback_to(std::uint64_t to) { return honest_->rollback_to(to); }

    private:
        file_engine::transaction* honest_;
    };

    class view_type : public file_engine::view_type {
    public:
        explicit view_type(file_engine::view_type honest)
            : file_engine::view_type(std::move(honest)) {}
        result<void> scan(const varve::space& in, const varve::key& low, const varve::key& high,
                          varve::direction way, const varve::entry_visitor& visit) const {
            using enum varve::direction;
            if (is_planted("walks_the_wrong_way")) way = way == forward ? backward : forward;
            return file_engine::view_type::scan(in, low, high, way, visit);
        }
    };

    explicit planted_engine(file_engine honest) : honest_(std::move(honest)) {}

    template <class F>
    result<void> transact(F&& f) {
        auto done = honest_.transact([&](file_engine::transaction& given) {
            transaction wanted{given};
            return f(wanted);
        });
        if (!done && done.error().code == errc::unknown && is_planted("hides_failures")) return {};
        return done;
    }
    result<view_type> view() const {
        auto honest = honest_.view();
        if (!honest) return varve::pass_on(std::move(honest));
        return view_type{std::move(*honest)};
    }
    result<void> reopen() { return honest_.reopen(); }
    bool read_only() const { return honest_.read_only(); }
    std::string place() const { return honest_.place(); }

private:
    file_engine honest_;
};

static_assert(varve::engine<planted_engine>);

}  // namespace third_party
