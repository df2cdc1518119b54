// A store on RocksDB, made, written, read, and the version of the headers in use.
#include <varve/eventstore/rocksdb_store.hpp>
#include <varve/version.hpp>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

int main() {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("varve-consumer-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder);
    auto store = varve::rocksdb_store::open(folder.string());
    if (!store) {
        std::fprintf(stderr, "%s\n", varve::to_string(store.error()).c_str());
        return 1;
    }
    std::puts(varve::version_text);
    return store->head() == varve::position{0} ? 0 : 1;
}
