# bf_fmt: {fmt}, compiled once (cmake/fmt.cc). From its headers alone every file that formats a text compiles the library
# again, which made a file of fifty lines cost 4 s of processor time, and 10 s under the sanitizers, instead of 1 and 2.
# It lies in a namespace of ours and in libbyteformer itself (bf_fmt_objects), so that a program that links libbyteformer.a
# may have its own {fmt} of any version.
find_package(fmt REQUIRED)
if(fmt_VERSION VERSION_LESS 10)
  add_library(bf_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/fmt.cc)
  target_include_directories(bf_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_definitions(bf_fmt PUBLIC
    "FMT_BEGIN_NAMESPACE=namespace fmt { inline namespace byteformer {" "FMT_END_NAMESPACE=} }")
  target_compile_options(bf_fmt PRIVATE ${bf_cold_options} -ffunction-sections)
  set_target_properties(bf_fmt PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set(bf_fmt_objects $<TARGET_OBJECTS:bf_fmt>)
else()  # which functions fmt.cc must make depends on the version
  add_library(bf_fmt INTERFACE)
  target_link_libraries(bf_fmt INTERFACE fmt::fmt-header-only)
endif()
