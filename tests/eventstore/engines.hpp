// The engines under test, each with a place to live, and a model of what must be in them.
#pragma once

#include <varve/eventstore/memory_engine.hpp>
#include <varve/eventstore/rocksdb_engine.hpp>
#include <varve/eventstore/simulation/rocksdb_file_system.hpp>
#include <varve/eventstore/simulation/sqlite_vfs.hpp>
#include <varve/eventstore/sqlite_engine.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace engines {

using namespace varve;

inline constexpr space spaces[] = {{"log", key_kind::number, 0}, {"names", key_kind::octets, 1}};
inline constexpr const space& log = spaces[0];
inline constexpr const space& names = spaces[1];

/// A folder that is removed at the end.
class temporary_folder {
public:
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "varve-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
        path_ = name;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(std::string_view name) const { return (path_ / name).string(); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The memory engine on a disk that the test can harm.
struct memory_place {
    using engine = memory_engine;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    result<engine> open() const { return engine::open(spaces, {.disk = disk, .file = "engine"}); }
};

/// The SQLite engine on such a disk, with checkpoints often enough to be tested.
struct simulated_sqlite_place {
    using engine = sqlite_engine;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::unique_ptr<sqlite_simulated_vfs> vfs = std::make_unique<sqlite_simulated_vfs>(disk);
    result<engine> open() const {
        return engine::open("engine.db", spaces, {.vfs = vfs->name(), .checkpoint_pages = 7});
    }
};

/// The SQLite engine on the machine's own files.
struct sqlite_place {
    using engine = sqlite_engine;
    std::unique_ptr<temporary_folder> folder = std::make_unique<temporary_folder>();
    result<engine> open() const { return engine::open(*folder / "engine.db", spaces); }
};

/// The RocksDB engine on a disk that the test can harm, on one thread.
struct simulated_rocksdb_place {
    using engine = rocksdb_engine;
    std::shared_ptr<simulated_disk> disk = std::make_shared<simulated_disk>();
    std::shared_ptr<rocksdb_simulated_files> files = std::make_shared<rocksdb_simulated_files>(
        disk);
    result<engine> open() const {
        return engine::open("engine", spaces, {.platform = files, .buffer_bytes = 4096});
    }
};

/// Files of RocksDB's that hold an identity or a time drawn anew in each run; their sizes do not
/// vary.
inline bool varies(const std::string& name) {
    return name.ends_with(".sst") || name.contains("/MANIFEST-");
}

/// The RocksDB engine on the machine's own files.
struct rocksdb_place {
    using engine = rocksdb_engine;
    std::unique_ptr<temporary_folder> folder = std::make_unique<temporary_folder>();
    result<engine> open() const { return engine::open(*folder / "engine", spaces); }
};

inline result<void> done(const result<void>& what) { return what; }

/// The value, or the failure as the test's failure.
template <class T>
T must(result<T>&& what) {
    if (!what) throw std::runtime_error{to_string(what.error())};
    if constexpr (!std::is_void_v<T>) return std::move(*what);
}

/// Everything in an engine.
struct content {
    std::map<std::uint64_t, std::string> log;
    std::map<std::string, std::string> names;
    friend bool operator==(const content&, const content&) = default;
};

template <class View>
content read_all(View& view) {
    content all;
    must(view.scan(log, std::uint64_t{0}, detail::largest_number, direction::forward,
                   [&](const key& at, bytes_view value) {
                       all.log.emplace(at.number, as_text(value));
                       return true;
                   }));
    const std::string last(detail::largest_key, '\xff');
    must(view.scan(names, bytes_view{}, as_bytes(last), direction::forward,
                   [&](const key& at, bytes_view value) {
                       all.names.emplace(as_text(at.octets), as_text(value));
                       return true;
                   }));
    return all;
}

template <class Engine>
content stored(Engine& engine) {
    auto view = must(engine.view());
    return read_all(view);
}

/// The n-th transaction of a history that touches both spaces, puts, replaces and removes.
template <class Transaction>
result<void> step(Transaction& writes, std::uint64_t n) {
    const std::string value(40 + n * 97 % 1500, static_cast<char>('a' + n % 26));
    if (auto put = writes.put(log, n, as_bytes(value)); !put) return put;
    const std::string name = "name-" + std::to_string(n % 5);
    if (auto put = writes.put(names, as_bytes(name), as_bytes(std::to_string(n))); !put) return put;
    if (n % 3 == 0) return writes.remove(log, n - 2);
    return {};
}

/// What `step` does to the model.
inline void apply_step(content& all, std::uint64_t n) {
    all.log[n] = std::string(40 + n * 97 % 1500, static_cast<char>('a' + n % 26));
    all.names["name-" + std::to_string(n % 5)] = std::to_string(n);
    if (n % 3 == 0) all.log.erase(n - 2);
}

template <class Engine>
result<void> take_step(Engine& engine, std::uint64_t n) {
    return engine.transact([n](auto& writes) { return step(writes, n); });
}

}  // namespace engines
