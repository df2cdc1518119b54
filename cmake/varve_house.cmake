# How a piece of the house is declared: include roots as interface targets, programs with our flags.

find_package(Threads REQUIRED)

# Flags of our own builds only: nothing here reaches a consumer.
add_library(varve_flags INTERFACE)
target_compile_options(varve_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion $<$<BOOL:${VARVE_WERROR}>:-Werror>)

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_CXX_EXTENSIONS OFF)
    set(CMAKE_CXX_SCAN_FOR_MODULES OFF)  # we have none, and newer CMake would scan every unit
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE RelWithDebInfo)
    endif()
    find_program(VARVE_CCACHE ccache)
    if(VARVE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${VARVE_CCACHE})
    endif()
    # Every translation unit must agree on the sanitizer, generated code included.
    if(VARVE_SANITIZE)
        add_compile_options(-fsanitize=${VARVE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        add_link_options(-fsanitize=${VARVE_SANITIZE})
        if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            # g++ warns of what its own instrumentation makes unclear, and of fences, which TSan does not model
            target_compile_options(varve_flags INTERFACE -Wno-maybe-uninitialized)
            if(VARVE_SANITIZE MATCHES "thread")
                target_compile_options(varve_flags INTERFACE -Wno-tsan)
            endif()
        endif()
    endif()
endif()

# varve_root(core DIR include LINK ...): the interface target varve::core over one include root.
#
# A wing is given the core's root and its own, so an include between wings does not compile.
function(varve_root name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "DIR" "LINK")
    set(target varve_${name})
    add_library(${target} INTERFACE)
    add_library(varve::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    target_link_libraries(${target} INTERFACE ${arg_LINK})
    if(arg_DIR)
        set(system "")
        if(NOT PROJECT_IS_TOP_LEVEL)
            set(system SYSTEM)  # a consumer's warnings are about the consumer's code
        endif()
        target_include_directories(${target} ${system} INTERFACE
            $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/${arg_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
        set_property(GLOBAL APPEND PROPERTY VARVE_INCLUDE_ROOTS "${CMAKE_CURRENT_SOURCE_DIR}/${arg_DIR}")
    endif()
    set_property(GLOBAL APPEND PROPERTY VARVE_TARGETS ${target})
endfunction()

# varve_program(name SOURCES ... LINK ...): an executable of ours, with our warnings.
function(varve_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
    add_executable(${name} ${arg_SOURCES})
    target_compile_features(${name} PRIVATE cxx_std_23)
    target_link_libraries(${name} PRIVATE ${arg_LINK} varve_flags)
endfunction()

# Headers under DIR whose path does not match OUT, sorted, relative to DIR.
function(varve_headers result dir)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "ONLY;WITHOUT")
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${dir}" "${dir}/*.hpp")
    if(arg_ONLY)
        list(FILTER headers INCLUDE REGEX "${arg_ONLY}")
    endif()
    if(arg_WITHOUT)
        list(FILTER headers EXCLUDE REGEX "${arg_WITHOUT}")
    endif()
    list(SORT headers)
    set(${result} "${headers}" PARENT_SCOPE)
endfunction()

# varve_headers_alone(name HEADERS ... LINK ...): one translation unit per header, which includes nothing else.
#
# It links only what the header's place in the house allows, so it is also what refuses an include between wings.
function(varve_headers_alone name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;LINK")
    if(NOT VARVE_CHECK_HOUSE OR NOT arg_HEADERS)
        return()
    endif()
    set(units "")
    foreach(header IN LISTS arg_HEADERS)
        string(MAKE_C_IDENTIFIER "${header}" unit)
        set(unit "${CMAKE_CURRENT_BINARY_DIR}/alone/${name}/${unit}.cpp")
        # included twice: a missing #pragma once shows here
        file(CONFIGURE OUTPUT "${unit}" CONTENT "#include <${header}>\n#include <${header}>\n")
        list(APPEND units "${unit}")
    endforeach()
    add_library(${name}_headers_alone OBJECT ${units})
    target_compile_features(${name}_headers_alone PRIVATE cxx_std_23)
    target_compile_options(${name}_headers_alone PRIVATE -O0 -g0)
    target_link_libraries(${name}_headers_alone PRIVATE ${arg_LINK} varve_flags)
endfunction()
