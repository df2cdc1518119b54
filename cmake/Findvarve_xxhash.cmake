# Finds libxxhash, which ships no CMake package: the target varve_xxhash::varve_xxhash.
#
# The name is ours on purpose: it neither shadows nor is shadowed by a module of the project that uses Varve.

find_path(varve_xxhash_INCLUDE_DIR xxhash.h)
find_library(varve_xxhash_LIBRARY xxhash)
mark_as_advanced(varve_xxhash_INCLUDE_DIR varve_xxhash_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(varve_xxhash REQUIRED_VARS varve_xxhash_LIBRARY varve_xxhash_INCLUDE_DIR)

if(varve_xxhash_FOUND AND NOT TARGET varve_xxhash::varve_xxhash)
    add_library(varve_xxhash::varve_xxhash UNKNOWN IMPORTED)
    set_target_properties(varve_xxhash::varve_xxhash PROPERTIES
        IMPORTED_LOCATION "${varve_xxhash_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${varve_xxhash_INCLUDE_DIR}")
    if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
        set_target_properties(varve_xxhash::varve_xxhash PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
endif()
