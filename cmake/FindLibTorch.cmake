# LibTorch from the wheel that scripts/setup-training unpacks into .libtorch. The wheel's own CMake files demand a CUDA
# toolkit even for CPU work; the target LibTorch::LibTorch made here needs none, and with BYTEFORMER_CUDA only the headers
# and libraries that `scripts/setup-training --cuda` puts beside it.
set(BYTEFORMER_LIBTORCH "${PROJECT_SOURCE_DIR}/.libtorch" CACHE PATH "Folder that holds torch/include and torch/lib")
find_path(LibTorch_INCLUDE_DIR torch/script.h
  PATHS ${BYTEFORMER_LIBTORCH}/torch/include NO_DEFAULT_PATH)
find_path(Gloo_INCLUDE_DIR gloo/context.h)  # of Debian's libgloo-dev: the wheel has the library, but not its headers
find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
# The OpenMP runtime that LibTorch's threads belong to; a second one would have threads of its own.
find_library(LibTorch_OPENMP_LIBRARY libgomp.so.1 PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)

set(of_cuda)
set(remedy "run scripts/setup-training, or build without training: -DBYTEFORMER_TRAIN=OFF")
if(BYTEFORMER_CUDA)
  file(GLOB cuda_folders ${BYTEFORMER_LIBTORCH}/nvidia/cu*)
  find_path(LibTorch_CUDA_INCLUDE_DIR cuda_runtime_api.h PATHS ${cuda_folders} PATH_SUFFIXES include NO_DEFAULT_PATH)
  find_path(LibTorch_NCCL_INCLUDE_DIR nccl.h PATHS ${BYTEFORMER_LIBTORCH}/nvidia/nccl/include NO_DEFAULT_PATH)
  find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
  find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda PATHS ${BYTEFORMER_LIBTORCH}/torch/lib NO_DEFAULT_PATH)
  set(of_cuda LibTorch_CUDA_INCLUDE_DIR LibTorch_NCCL_INCLUDE_DIR LibTorch_CUDA_LIBRARY LibTorch_C10_CUDA_LIBRARY)
  set(remedy "run scripts/setup-training --cuda, or build without GPUs: -DBYTEFORMER_CUDA=OFF")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_OPENMP_LIBRARY Gloo_INCLUDE_DIR
    ${of_cuda}
  REASON_FAILURE_MESSAGE ${remedy})

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # SYSTEM: LibTorch's headers are not held to our warnings.
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include ${Gloo_INCLUDE_DIR})
  target_link_libraries(LibTorch::LibTorch INTERFACE ${LibTorch_CPU_LIBRARY} ${LibTorch_C10_LIBRARY} ${LibTorch_OPENMP_LIBRARY})
  if(BYTEFORMER_CUDA)
    target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE ${LibTorch_CUDA_INCLUDE_DIR} ${LibTorch_NCCL_INCLUDE_DIR})
    # They announce their operations to LibTorch when they are loaded, also in a program that calls none of them.
    target_link_libraries(LibTorch::LibTorch INTERFACE
      -Wl,--push-state,--no-as-needed ${LibTorch_CUDA_LIBRARY} ${LibTorch_C10_CUDA_LIBRARY} -Wl,--pop-state)
  endif()
  # at::parallel_for is a template over an OpenMP pragma: without the flag it runs on one thread and nobody notices.
  target_compile_options(LibTorch::LibTorch INTERFACE -fopenmp)
  # The CUDA runtime that libtorch_cpu.so names is found through its own run path.
  target_link_options(LibTorch::LibTorch INTERFACE -Wl,--allow-shlib-undefined)
endif()
