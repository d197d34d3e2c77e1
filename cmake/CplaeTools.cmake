# Faster builds where the tools are there: a compiler cache and a fast linker. Neither changes what is built.
find_program(CPLAE_CCACHE ccache)
if(CPLAE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER "${CPLAE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CPLAE_CCACHE}")
  set(CMAKE_CUDA_COMPILER_LAUNCHER "${CPLAE_CCACHE}")
endif()

find_program(CPLAE_MOLD mold)
if(CPLAE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
