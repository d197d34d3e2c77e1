# Every third-party library, once. Each becomes a SYSTEM interface target, so that its headers raise no warnings of ours.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
set(HDF5_PREFER_PARALLEL ON) # a serial HDF5 comes along with matio
find_package(HDF5 REQUIRED COMPONENTS C HL)
if(NOT HDF5_IS_PARALLEL)
  message(FATAL_ERROR "cplae needs a parallel HDF5 (Debian: libhdf5-openmpi-dev; clusters: module load hdf5-parallel)")
endif()
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Boost REQUIRED)
pkg_check_modules(matio REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)

add_library(cplae_mpi INTERFACE)
target_link_libraries(cplae_mpi INTERFACE MPI::MPI_C)
target_compile_definitions(cplae_mpi INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

add_library(cplae_hdf5 INTERFACE)
target_include_directories(cplae_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(cplae_hdf5 INTERFACE ${HDF5_C_LIBRARIES} cplae_mpi)

add_library(cplae_random123 INTERFACE)
target_include_directories(cplae_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

include(TorchWheel)
