# LibTorch from the wheel that scripts/setup-training unpacks into .libtorch. The wheel's own CMake files demand a CUDA
# toolkit even for CPU work; the target LibTorch::LibTorch made here needs none.
set(BYTEFORMER_LIBTORCH "${PROJECT_SOURCE_DIR}/.libtorch" CACHE PATH "Folder that holds torch/include and torch/lib")
find_path(LibTorch_INCLUDE_DIR torch/script.h
  PATHS ${BYTEFORMER_LIBTORCH}/torch/include NO_DEFAULT_PATH)
find_path(Gloo_INCLUDE_DIR gloo/context.h)  # of Debian's libgloo-dev: the wheel has the library, but not its headers
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
# The OpenMP runtime that LibTorch's threads belong to; a second one would have threads of its own.
find_library(LibTorch_OPENMP_LIBRARY libgomp.so.1 PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_OPENMP_LIBRARY Gloo_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/setup-training, or build without training: -DBYTEFORMER_TRAIN=OFF")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # SYSTEM: LibTorch's headers are not held to our warnings.
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include ${Gloo_INCLUDE_DIR})
  target_link_libraries(LibTorch::LibTorch INTERFACE ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY} ${LibTorch_OPENMP_LIBRARY})
  # at::parallel_for is a template over an OpenMP pragma: without the flag it runs on one thread and nobody notices.
  target_compile_options(LibTorch::LibTorch INTERFACE -fopenmp)
  # The CUDA runtime that libtorch_cpu.so names is found through its own run path.
  target_link_options(LibTorch::LibTorch INTERFACE -Wl,--allow-shlib-undefined)
endif()
