# bf_library(bf_model SOURCES config.cc ... USES bf_tensor ... TESTS config_test.cc ...)
#
# One static library a folder, its allowed neighbours, and one test program bf_model_test of the tests that lie beside the
# code (which may need TEST_LINKS besides). A neighbour that is not listed does not link; the test `includes` reads the #include lines as well.
# COLD: its code runs once a command, a file or an epoch, so it is optimised as bf_cold says.
function(bf_library name)
  cmake_parse_arguments(arg "COLD" "" "SOURCES;USES;PRIVATE_LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE bf_warnings $<$<BOOL:${arg_COLD}>:bf_cold> ${arg_PRIVATE_LINKS})
  if(BYTEFORMER_TESTS AND arg_TESTS)
    bf_test(${name}_test SOURCES ${arg_TESTS} USES ${name} ${arg_PRIVATE_LINKS} ${arg_TEST_LINKS})
  endif()
endfunction()

# A GoogleTest program whose tests ctest lists one by one: all, or those of a FILTER. Extra labels: LABELS long.
function(bf_test name)
  cmake_parse_arguments(arg "" "FILTER" "SOURCES;USES;LABELS;DEFINITIONS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE bf_golden ${arg_USES} bf_warnings GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${bf_test_options})
  target_compile_definitions(${name} PRIVATE
    BYTEFORMER_GOLDEN="${PROJECT_SOURCE_DIR}/tests/golden"
    BYTEFORMER_SOURCE="${PROJECT_SOURCE_DIR}" ${arg_DEFINITIONS})
  set(seconds 600)
  if("long" IN_LIST arg_LABELS)
    set(seconds 3600)
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_FILTER "${arg_FILTER}"
    PROPERTIES TIMEOUT ${seconds} SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]" LABELS "${arg_LABELS}")
endfunction()

# -Wno-restrict: g++ 12 sees overlaps in std::string that are not there (GCC bug 105329).
add_library(bf_warnings INTERFACE)
target_compile_options(bf_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> -Werror)

# Tests need not be fast, but there are many lines of them to compile.
set(bf_test_options $<IF:$<CONFIG:Sanitize>,-O0,-O1>)

# What CLI11 and nlohmann::json make of a file compiles in half the time at -O1, and nobody waits for what it does.
set(bf_cold_options $<$<CONFIG:Release,RelWithDebInfo>:-O1> $<$<CONFIG:Sanitize>:-O0>)
add_library(bf_cold INTERFACE)
target_compile_options(bf_cold INTERFACE ${bf_cold_options})
