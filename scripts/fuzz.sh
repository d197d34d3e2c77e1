#!/usr/bin/env bash
# Builds the fuzz targets with clang's libFuzzer and sanitizers into build-fuzz/, and lets each look for inputs that crash, hang for
# 5 s or take 2 GiB: scripts/fuzz.sh [SECONDS [TARGET...]] (default: 60 s for each of study, hdf5, mat, csv, taxonomy,
# record, results, provenance).
# What is found lies in build-fuzz/found/<target>/ and makes the script fail; what only widens the coverage is kept in
# build-fuzz/seen/<target>/ for the next time.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds="${1:-60}"
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(study hdf5 mat csv taxonomy record results provenance)
have clang++ || die "clang++ is not there (apt-get install clang); without it the tests replay the corpora: ctest --test-dir build -L fuzz"
[ -s "$torch_dir_file" ] || die "scripts/setup.sh has not been run here"

fuzz_dir="$root/build-fuzz"
(cd "$root" && cmake --preset fuzz "-DCPLAE_TORCH_DIR=$(cat "$torch_dir_file")" >"$build_dir/fuzz.log" 2>&1) ||
  { tail -n 20 "$build_dir/fuzz.log"; die "CMake could not configure build-fuzz/"; }
say "building ${#targets[@]} fuzz targets"
cmake --build "$fuzz_dir" --parallel "$(jobs_here)" --target "${targets[@]/#/fuzz_}" >"$build_dir/fuzz.log" 2>&1 ||
  { tail -n 20 "$build_dir/fuzz.log"; die "the build failed"; }

# HDF5 keeps memory until exit, and asks for as much as a file says before it looks: beyond the limit it is refused, as by a small
# machine's system. Our own code asks by `new`, for which that is a finding.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=2048:${ASAN_OPTIONS:-}"
failed=()
for target in "${targets[@]}"; do
  seen="$fuzz_dir/seen/$target" found="$fuzz_dir/found/$target" log="$fuzz_dir/$target.log"
  mkdir -p "$seen" "$found"
  if "$fuzz_dir/bin/fuzz_$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found/" "$seen" "$root/fuzz/corpus/$target" >"$log" 2>&1; then
    say "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, nothing found"
  else
    grep -m 3 -E 'ERROR|SUMMARY|finding:' "$log" || tail -n 5 "$log"
    failed+=("$target")
  fi
done
[ ${#failed[@]} -eq 0 ] || die "findings in: ${failed[*]} (build-fuzz/found/, logs build-fuzz/<target>.log)"
