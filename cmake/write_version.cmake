cmake_minimum_required(VERSION 3.25)
# Writes the version header at build time; touches it only when the commit changed, so that nothing rebuilds for nothing.
execute_process(
  COMMAND git describe --always --dirty --abbrev=12 --exclude=*
  WORKING_DIRECTORY "${SOURCE_DIR}"
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#pragma once
#define CPLAE_VERSION \"@VERSION@\"
#define CPLAE_GIT_COMMIT \"@commit@\"
#define CPLAE_BUILD_TYPE \"@BUILD_TYPE@\"
" @ONLY)
