add_library(cplae_warnings INTERFACE)
target_compile_options(
  cplae_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wold-style-cast
            -Wno-stringop-overflow # false alarms of g++ 12 inside fmt
            -Wno-array-bounds # false alarms of g++ 12 inside Eigen
            $<$<BOOL:${CPLAE_WARNINGS_AS_ERRORS}>:-Werror>)
