# The one place that knows how a room, a program and a test suite are compiled.

add_library(nines_options INTERFACE)
target_compile_options(nines_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wunused-result
                                               -Wimplicit-fallthrough -Werror
                                               # libstdc++ 12's own stable_sort calls what C++17 deprecated
                                               -Wno-deprecated-declarations)
target_include_directories(nines_options INTERFACE ${CMAKE_SOURCE_DIR})

set(NINES_SANITIZE "" CACHE STRING "sanitizers for every target, as -fsanitize= takes them")
if(NINES_SANITIZE)
  target_compile_options(nines_options INTERFACE -fsanitize=${NINES_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(nines_options INTERFACE -fsanitize=${NINES_SANITIZE})
endif()
option(NINES_COVERAGE "measure which lines the tests run" OFF)
if(NINES_COVERAGE)
  target_compile_options(nines_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(nines_options INTERFACE -fprofile-instr-generate)
endif()

# nines_room(NAME LIBRARIES...) makes nines::NAME of every .cpp in the folder.
function(nines_room name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(nines_${name} STATIC ${sources})
  add_library(nines::${name} ALIAS nines_${name})
  target_link_libraries(nines_${name} PUBLIC nines_options ${ARGN})
endfunction()

# nines_suite(NAME LIBRARIES...) makes the test program test_NAME of every .cpp in tests/NAME; ctest runs it with the
# arguments in suite_arguments.
function(nines_suite name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(test_${name} ${sources})
  target_link_libraries(test_${name} PRIVATE nines_test_main ${ARGN})
  target_compile_definitions(test_${name} PRIVATE NINES_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND test_${name} ${suite_arguments})
endfunction()
