# The libraries we stand on, found once, with their traps written down.
#
# core: the standard library. wings: SQLite, RocksDB, xxHash, libsodium. Protobuf and simdjson for apps that use them.
# The find modules of libsodium and xxHash carry unlike names, so that a project's own ones are never shadowed.

find_package(SQLite3 3.37 REQUIRED)
find_package(varve_sodium REQUIRED)
find_package(varve_xxhash REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(simdjson REQUIRED)

# The RocksDB engine is there if its library is; what is built here for ourselves asks for it.
set(varve_rocksdb_library "")
if(VARVE_WITH_ROCKSDB)
    if(VARVE_BUILD_TOOL OR VARVE_BUILD_TESTS)
        find_package(varve_rocksdb REQUIRED)
    else()
        find_package(varve_rocksdb QUIET)
    endif()
    set(VARVE_WITH_ROCKSDB ${varve_rocksdb_FOUND})
endif()
if(VARVE_WITH_ROCKSDB)
    set(varve_rocksdb_library varve_rocksdb::varve_rocksdb)
elseif(VARVE_BUILD_TOOL OR VARVE_BUILD_TESTS)
    message(FATAL_ERROR "varve: the tool and the tests need VARVE_WITH_ROCKSDB=ON (librocksdb-dev)")
endif()

if(VARVE_BUILD_TOOL)
    find_package(fmt REQUIRED)
    find_package(CLI11 REQUIRED)
endif()
if(VARVE_BUILD_TESTS)
    find_package(GTest REQUIRED)
    find_package(rapidcheck REQUIRED)
else()
    find_package(GTest QUIET)  # varve::testing exists where GoogleTest does
endif()
if(VARVE_BUILD_BENCHMARKS)
    find_package(benchmark REQUIRED)
    find_package(fmt REQUIRED)
endif()
