# Finds libsodium, which ships no CMake package: the target varve_sodium::varve_sodium.
#
# The name is ours on purpose: it neither shadows nor is shadowed by a module of the project that uses Varve.

find_path(varve_sodium_INCLUDE_DIR sodium.h)
find_library(varve_sodium_LIBRARY sodium)
mark_as_advanced(varve_sodium_INCLUDE_DIR varve_sodium_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(varve_sodium REQUIRED_VARS varve_sodium_LIBRARY varve_sodium_INCLUDE_DIR)

if(varve_sodium_FOUND AND NOT TARGET varve_sodium::varve_sodium)
    add_library(varve_sodium::varve_sodium UNKNOWN IMPORTED)
    set_target_properties(varve_sodium::varve_sodium PROPERTIES
        IMPORTED_LOCATION "${varve_sodium_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${varve_sodium_INCLUDE_DIR}")
    if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
        set_target_properties(varve_sodium::varve_sodium PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
endif()
