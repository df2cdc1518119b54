# Compiles one case twice: cmake -D CASE=file.cpp -D CXX=g++ -D FLAGS=@file -P run.cmake.
function(refuse why)
    message("${why}")  # as it is: a fatal message would be wrapped
    message(FATAL_ERROR "this case fails")
endfunction()

file(STRINGS "${CASE}" expected REGEX "^// expect: ")
if(NOT expected)
    refuse("${CASE} says nowhere what it expects: // expect: words of the message")
endif()

set(command ${CXX} -std=c++23 -fsyntax-only ${FLAGS})

execute_process(COMMAND ${command} "${CASE}" OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE code)
if(NOT code EQUAL 0)
    refuse("the good half does not compile:\n${said}")
endif()

execute_process(COMMAND ${command} -DBAD "${CASE}" OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE code)
if(code EQUAL 0)
    refuse("the bad half compiles")
endif()
foreach(line IN LISTS expected)
    string(REGEX REPLACE "^// expect: *" "" words "${line}")
    string(STRIP "${words}" words)
    string(FIND "${said}" "${words}" at)
    if(at EQUAL -1)
        refuse("the message lacks: ${words}\nthe compiler said:\n${said}")
    endif()
endforeach()
