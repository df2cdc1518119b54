# Turns .proto files into a library of Protobuf events.
#
#   varve_protobuf(bank_events PROTOS bank.proto IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
#   target_link_libraries(my_app PRIVATE bank_events varve::varve)
#
# makes the static library `bank_events`. A file `x/y.proto` found below an import folder is included as "x/y.pb.h".
# The generated code is not ours: it is compiled without warnings, and its folder is a system include for who links it.
# The default import folder is the one of the CMakeLists.txt that calls. Installed with Varve.
function(varve_protobuf target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PROTOS;IMPORT_DIRS")
    if(NOT arg_PROTOS)
        message(FATAL_ERROR "varve_protobuf(${target}): name at least one file after PROTOS")
    endif()
    if(NOT arg_IMPORT_DIRS)
        set(arg_IMPORT_DIRS "${CMAKE_CURRENT_SOURCE_DIR}")
    endif()
    set(import_flags "")
    set(import_dirs "")
    foreach(dir IN LISTS arg_IMPORT_DIRS)
        file(REAL_PATH "${dir}" dir BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
        list(APPEND import_dirs "${dir}")
        list(APPEND import_flags "--proto_path=${dir}")
    endforeach()

    set(out "${CMAKE_CURRENT_BINARY_DIR}/${target}")
    file(MAKE_DIRECTORY "${out}")
    set(sources "")
    foreach(proto IN LISTS arg_PROTOS)
        file(REAL_PATH "${proto}" proto BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
        set(name "")
        foreach(dir IN LISTS import_dirs)
            cmake_path(IS_PREFIX dir "${proto}" NORMALIZE inside)
            if(inside)
                cmake_path(RELATIVE_PATH proto BASE_DIRECTORY "${dir}" OUTPUT_VARIABLE name)
                break()
            endif()
        endforeach()
        if(NOT name)
            message(FATAL_ERROR "varve_protobuf(${target}): ${proto} is in none of the IMPORT_DIRS")
        endif()
        string(REGEX REPLACE "\\.proto$" "" stem "${name}")
        add_custom_command(
            OUTPUT "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h"
            COMMAND protobuf::protoc ${import_flags} "--cpp_out=${out}" "${proto}"
            DEPENDS "${proto}" protobuf::protoc
            COMMENT "protoc ${name}"
            VERBATIM)
        list(APPEND sources "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
    endforeach()

    add_library(${target} STATIC ${sources})
    target_compile_features(${target} PUBLIC cxx_std_23)
    target_compile_options(${target} PRIVATE -w)
    target_include_directories(${target} SYSTEM PUBLIC "${out}")
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
endfunction()
