#!/usr/bin/env bash
# The unit tests, and the MPI tests on two ranks, under the address sanitizer and the undefined behaviour sanitizer, each in a build of its
# own: scripts/sanitize.sh [asan|ubsan...] (default: both). The builds take long the first time. scripts/setup.sh tests comes first.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -s "$torch_dir_file" ] || die "scripts/setup.sh has not been run here"
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(asan ubsan)
chosen='^unit\.|^mpi\..*\.2$'
cd "$root"

# targets_in BUILD: the programs of the chosen tests, by the names that cmake/CplaeTest.cmake gives them.
targets_in() {
  ctest --test-dir "$1" -N -R "$chosen" | sed -n 's/^ *Test *#[0-9]*: unit\.\(.*\)$/test_\1/p; s/^ *Test *#[0-9]*: mpi\.\(.*\)\.2$/mpi_\1/p'
}

failed=()
for preset in "${presets[@]}"; do
  case "$preset" in asan | ubsan) ;; *) die "$preset: expected asan or ubsan" ;; esac
  say "$preset: building"
  cmake --preset "$preset" "-DCPLAE_TORCH_DIR=$(cat "$torch_dir_file")" -DCPLAE_CUDA=OFF >"$build_dir/$preset.log" 2>&1 ||
    { tail -n 20 "$build_dir/$preset.log"; die "CMake could not configure build-$preset"; }
  mapfile -t targets < <(targets_in "build-$preset")
  [ ${#targets[@]} -gt 0 ] || die "build-$preset has none of the tests"
  cmake --build "build-$preset" --parallel "$(jobs_here)" --target cplae "${targets[@]}" || die "the build of $preset failed: messages above"
  say "$preset: running the tests"
  ctest --preset "$preset" -R "$chosen" || failed+=("$preset")
done
[ ${#failed[@]} -eq 0 ] || die "tests failed under ${failed[*]}"
say "nothing was found"
