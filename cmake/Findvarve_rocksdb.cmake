# Finds RocksDB's library and headers: the target varve_rocksdb::varve_rocksdb.
#
# RocksDB's own package asks for gflags and every compression library, and leaves its folder of find modules on
# CMAKE_MODULE_PATH, where its FindTBB shadows oneTBB's. We need none of that from the shared library. The name is ours on
# purpose: it neither shadows nor is shadowed by a module of the project that uses Varve.

find_path(varve_rocksdb_INCLUDE_DIR rocksdb/db.h)
find_library(varve_rocksdb_LIBRARY rocksdb)
mark_as_advanced(varve_rocksdb_INCLUDE_DIR varve_rocksdb_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(varve_rocksdb REQUIRED_VARS varve_rocksdb_LIBRARY varve_rocksdb_INCLUDE_DIR)

if(varve_rocksdb_FOUND AND NOT TARGET varve_rocksdb::varve_rocksdb)
    add_library(varve_rocksdb::varve_rocksdb UNKNOWN IMPORTED)
    set_target_properties(varve_rocksdb::varve_rocksdb PROPERTIES
        IMPORTED_LOCATION "${varve_rocksdb_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${varve_rocksdb_INCLUDE_DIR}")
    if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
        set_target_properties(varve_rocksdb::varve_rocksdb PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
endif()
