# bf_fmt: {fmt}, compiled once (cmake/fmt.cc). From its headers alone every file that formats a text compiles the library
# again, which made a file of fifty lines cost 4 s of processor time, and 10 s under the sanitizers, instead of 1 and 2.
# What goes into libbyteformer.a takes the headers all the same: two copies of the compiled library could meet in a user's program.
find_package(fmt REQUIRED)
if(fmt_VERSION VERSION_LESS 10)
  add_library(bf_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt.cc)
  target_include_directories(bf_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
else()  # which functions fmt.cc must make depends on the version
  add_library(bf_fmt INTERFACE)
  target_link_libraries(bf_fmt INTERFACE fmt::fmt-header-only)
endif()
