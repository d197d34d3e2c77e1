# libtorch as the PyTorch wheel ships it, linked directly: the wheel's own CMake package demands a CUDA toolkit even where no GPU
# is used. Only libtorch_cpu and libc10 are linked, and only to the library beside the program (src/model/torch_library.hpp);
# libtorch_cuda is loaded at run time when there is a GPU (src/engine/reference/torch_library.cpp).
# CPLAE_TORCH_DIR is the installed Python package `torch` (it holds include/ and lib/); scripts/setup.sh passes it.
set(CPLAE_TORCH_DIR "" CACHE PATH "Folder of the installed Python package torch")
if(NOT CPLAE_TORCH_DIR)
  # The private environment first, so that every preset builds against what scripts/setup.sh installed.
  set(torch_python "${PROJECT_SOURCE_DIR}/build/env/bin/python")
  if(NOT EXISTS "${torch_python}")
    find_package(Python3 COMPONENTS Interpreter)
    set(torch_python "${Python3_EXECUTABLE}")
  endif()
  execute_process(
    COMMAND "${torch_python}" -c
            "import importlib.util as u, os; print(os.path.dirname(u.find_spec('torch').origin))"
    OUTPUT_VARIABLE CPLAE_TORCH_DIR
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT EXISTS "${CPLAE_TORCH_DIR}/lib/libtorch_cpu.so")
  message(
    FATAL_ERROR
      "no PyTorch at CPLAE_TORCH_DIR='${CPLAE_TORCH_DIR}': run scripts/setup.sh, or pip install torch==2.11.0 and pass -DCPLAE_TORCH_DIR=<site-packages>/torch"
  )
endif()

# The wheel's libraries find the CUDA runtime in sibling wheels through their own RPATH; the linker needs to be told.
file(GLOB CPLAE_TORCH_NVIDIA_DIRS "${CPLAE_TORCH_DIR}/../nvidia/*/lib")
add_library(cplae_torch_headers INTERFACE)
target_include_directories(
  cplae_torch_headers SYSTEM INTERFACE "${CPLAE_TORCH_DIR}/include" "${CPLAE_TORCH_DIR}/include/torch/csrc/api/include")
add_library(cplae_torch INTERFACE)
target_link_libraries(cplae_torch INTERFACE cplae_torch_headers "${CPLAE_TORCH_DIR}/lib/libtorch_cpu.so" "${CPLAE_TORCH_DIR}/lib/libc10.so"
                                            ${CMAKE_DL_LIBS})
foreach(dir IN LISTS CPLAE_TORCH_NVIDIA_DIRS)
  target_link_options(cplae_torch INTERFACE "-Wl,-rpath-link,${dir}")
endforeach()
