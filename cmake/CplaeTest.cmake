find_package(GTest REQUIRED)

# The interpreter that has the oracles (scikit-learn, SciPy, anndata, mudata, ...); scripts/setup.sh passes it.
set(CPLAE_PYTHON "${PROJECT_SOURCE_DIR}/build/env/bin/python" CACHE FILEPATH "Python with the test oracles")
# Real data and recorded numbers of the authors' program, which stay outside the project; tests that need them skip without.
set(CPLAE_SHARED "${PROJECT_SOURCE_DIR}/../shared" CACHE PATH "Folder of real data and oracles for tests")

# One thread a process, as the program itself works: tests run side by side, and the thread pools of torch and NumPy spin against one another.
set(one_thread "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1")

# cplae_unit_test(<room> SOURCES ... USES ...): one GoogleTest binary a room, one ctest entry a binary. A second binary of a room
# has another name and names its ROOM.
function(cplae_unit_test name)
  cmake_parse_arguments(TEST "" "ROOM" "SOURCES;USES" ${ARGN})
  if(NOT TEST_ROOM)
    set(TEST_ROOM ${name})
  endif()
  add_executable(test_${name} ${TEST_SOURCES})
  target_link_libraries(test_${name} PRIVATE cplae_${TEST_ROOM} ${TEST_USES} cplae_warnings GTest::gtest_main)
  target_compile_definitions(test_${name} PRIVATE CPLAE_SHARED="${CPLAE_SHARED}")
  add_test(NAME unit.${name} COMMAND test_${name})
  set_tests_properties(unit.${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "${one_thread}")
endfunction()

# cplae_mpi_test(<name> RANKS 2 3 ... SOURCES ... USES ...): a binary with its own main (tests/mpi/main.cpp), once for each rank count.
function(cplae_mpi_test name)
  cmake_parse_arguments(TEST "" "" "RANKS;SOURCES;USES" ${ARGN})
  add_executable(mpi_${name} ${TEST_SOURCES})
  target_link_libraries(mpi_${name} PRIVATE ${TEST_USES} cplae_mpi cplae_warnings GTest::gtest)
  foreach(ranks IN LISTS TEST_RANKS)
    add_test(NAME mpi.${name}.${ranks} COMMAND ${MPIEXEC_EXECUTABLE} --allow-run-as-root --oversubscribe -n ${ranks}
                                               $<TARGET_FILE:mpi_${name}>)
    set_tests_properties(mpi.${name}.${ranks} PROPERTIES PROCESSORS ${ranks} TIMEOUT 300 ENVIRONMENT "${one_thread}")
  endforeach()
endfunction()

# pytest's last line where all tests were skipped; for it that is a success, and CTest would say Passed.
set(all_skipped "\n[0-9]+ skipped(, [0-9]+ (deselected|warnings?))* in ")

# cplae_python_test(<name> FILE test_x.py [NEEDS targets]): pytest on one file; programs it may call come by environment. Skipped where
# all of its tests were.
function(cplae_python_test name)
  cmake_parse_arguments(TEST "" "FILE" "" ${ARGN})
  add_test(NAME ${name} COMMAND ${CPLAE_PYTHON} -m pytest -q -rs -p no:cacheprovider ${CMAKE_CURRENT_SOURCE_DIR}/${TEST_FILE})
  set_tests_properties(
    ${name}
    PROPERTIES TIMEOUT 1200 SKIP_REGULAR_EXPRESSION "${all_skipped}" ENVIRONMENT
               "${one_thread};CPLAE_BIN_DIR=${PROJECT_BINARY_DIR}/bin;CPLAE_PYTHON=;CPLAE_SHARED=${CPLAE_SHARED};PYTHONDONTWRITEBYTECODE=1")
endfunction()
