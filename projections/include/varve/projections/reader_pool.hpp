// Read-only connections for queries: one for each query that runs, kept for the next.
#pragma once

#include <varve/failure.hpp>
#include <varve/projections/read_model_file.hpp>
#include <varve/projections/sqlite_link.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace varve::inline v0::detail {

/// Lends connections. Callable from any thread; a borrower beyond the limit waits for another.
class reader_pool {
public:
    reader_pool(std::string path, sqlite_read_model_options options)
        : path_(std::move(path)), options_(std::move(options)) {}

    /// A connection inside a read transaction: all its statements see one state. Ended and given back
    /// when it is destroyed.
    class lease {
    public:
        lease(reader_pool& pool, std::unique_ptr<sqlite_link> link)
            : pool_(&pool), link_(std::move(link)) {}
        lease(lease&&) = default;
        lease& operator=(lease&&) = delete;
        ~lease() {
            if (link_) pool_->give_back(std::move(link_));
        }
        sqlite_link& link() noexcept { return *link_; }

        /// The checkpoint in that state.
        position as_of() const noexcept { return as_of_; }

    private:
        friend class reader_pool;
        reader_pool* pool_;
        std::unique_ptr<sqlite_link> link_;
        position as_of_;
    };

    /// Errors: `not_found` if no worker has made the tables yet, `io`.
    result<lease> borrow() {
        auto link = take();
        if (!link) return std::unexpected(std::move(link).error());
        lease borrowed{*this, std::move(*link)};
        if (auto begun = borrowed.link().run("begin"); !begun)
            return std::unexpected(in_file(path_, std::move(begun).error()));
        const auto as_of = borrowed.link().one<position>("select position from varve_checkpoint");
        if (as_of && *as_of) {
            borrowed.as_of_ = **as_of;
            return borrowed;
        }
        if (!as_of && as_of.error().code != errc::invalid_argument)
            return std::unexpected(in_file(path_, as_of.error()));
        return fail(errc::not_found,
                    "read model '" + path_ + "' has no tables yet; start its worker first");
    }

private:
    result<std::unique_ptr<sqlite_link>> take() {
        {
            std::unique_lock lock{mutex_};
            returned_.wait(lock, [this] { return !idle_.empty() || lent_ < options_.readers; });
            ++lent_;
            if (!idle_.empty()) {
                auto link = std::move(idle_.back());
                idle_.pop_back();
                return link;
            }
        }
        auto link = connect(path_, options_, sqlite_access::read);
        if (!link) forget();
        return link;
    }

    /// A connection that cannot end its transaction is not lent again.
    void give_back(std::unique_ptr<sqlite_link> link) {
        if (!link->db().idle() && !link->run("rollback")) return forget();
        {
            const std::lock_guard lock{mutex_};
            idle_.push_back(std::move(link));
            --lent_;
        }
        returned_.notify_one();
    }

    void forget() {
        {
            const std::lock_guard lock{mutex_};
            --lent_;
        }
        returned_.notify_one();
    }

    std::string path_;
    sqlite_read_model_options options_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<sqlite_link>> idle_;
    std::size_t lent_ = 0;
};

}  // namespace varve::inline v0::detail
