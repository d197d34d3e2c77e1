# Every third-party library, once. Each becomes a SYSTEM interface target, so that its headers raise no warnings of ours.
# All that is missing is named together, with what Debian and Spack call it.
set(CPLAE_MISSING "")
macro(cplae_need found what debian spack)
  if(NOT ${found})
    string(APPEND CPLAE_MISSING "  ${what}: apt-get install ${debian}, or: spack load ${spack}\n")
  endif()
endmacro()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  string(APPEND CPLAE_MISSING
         "  GCC 12 or newer (${CMAKE_CXX_COMPILER} is ${CMAKE_CXX_COMPILER_VERSION}): module load gcc, or: spack load gcc\n")
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)
cplae_need(PkgConfig_FOUND "pkg-config" pkg-config pkgconf)
find_package(MPI QUIET COMPONENTS C)
cplae_need(MPI_C_FOUND "MPI" libopenmpi-dev openmpi)
set(HDF5_PREFER_PARALLEL ON) # a serial HDF5 is often there too
find_package(HDF5 QUIET COMPONENTS C HL)
cplae_need(HDF5_IS_PARALLEL "parallel HDF5, built for this MPI" libhdf5-openmpi-dev "hdf5 (built as hdf5+mpi+hl)")
find_package(Eigen3 3.4 QUIET NO_MODULE)
cplae_need(Eigen3_FOUND "Eigen 3.4" libeigen3-dev eigen)
find_package(fmt QUIET)
cplae_need(fmt_FOUND "fmt" libfmt-dev fmt)
find_package(spdlog QUIET)
cplae_need(spdlog_FOUND "spdlog" libspdlog-dev spdlog)
find_package(nlohmann_json QUIET)
cplae_need(nlohmann_json_FOUND "JSON for Modern C++" nlohmann-json3-dev nlohmann-json)
find_package(tomlplusplus QUIET)
cplae_need(tomlplusplus_FOUND "toml++" libtomlplusplus-dev tomlplusplus)
find_package(OpenSSL QUIET COMPONENTS Crypto)
cplae_need(OpenSSL_FOUND "OpenSSL" libssl-dev openssl)
if(PkgConfig_FOUND)
  pkg_check_modules(xxhash QUIET IMPORTED_TARGET libxxhash)
endif()
cplae_need(xxhash_FOUND "xxHash" libxxhash-dev xxhash)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
cplae_need(RANDOM123_INCLUDE_DIR "Random123" librandom123-dev random123)
find_path(BOOST_INCLUDE_DIR boost/math/distributions/students_t.hpp)
cplae_need(BOOST_INCLUDE_DIR "Boost.Math" libboost-dev boost)
find_path(DLIB_INCLUDE_DIR dlib/optimization/max_cost_assignment.h)
cplae_need(DLIB_INCLUDE_DIR "dlib" libdlib-dev dlib)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp)
cplae_need(CLI11_INCLUDE_DIR "CLI11" libcli11-dev cli11)
if(CPLAE_TESTS)
  find_package(GTest QUIET)
  cplae_need(GTest_FOUND "GoogleTest (or configure with -DCPLAE_TESTS=OFF)" "libgtest-dev libgmock-dev" googletest)
endif()

if(CPLAE_MISSING)
  message(NOTICE "cplae needs what was not found:\n${CPLAE_MISSING}")
  message(FATAL_ERROR "libraries are missing (named above); on a cluster load their modules first: docs/cluster.md")
endif()

add_library(cplae_mpi INTERFACE)
target_link_libraries(cplae_mpi INTERFACE MPI::MPI_C)
target_compile_definitions(cplae_mpi INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

add_library(cplae_hdf5 INTERFACE)
target_include_directories(cplae_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(cplae_hdf5 INTERFACE ${HDF5_C_LIBRARIES} cplae_mpi)

add_library(cplae_boost INTERFACE)
target_include_directories(cplae_boost SYSTEM INTERFACE ${BOOST_INCLUDE_DIR})

# Headers only. A header of dlib refers to its compiled library, to find that the two differ; without that library the header's own guard
# leaves it out.
add_library(cplae_dlib INTERFACE)
target_include_directories(cplae_dlib SYSTEM INTERFACE ${DLIB_INCLUDE_DIR})
target_compile_definitions(cplae_dlib INTERFACE DLIB_TEST_FOR_ODR_VIOLATIONS_H_)

add_library(cplae_random123 INTERFACE)
target_include_directories(cplae_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

include(TorchWheel)
