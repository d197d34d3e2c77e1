#!/usr/bin/env bash
# clang-tidy with .clang-tidy over rooms of the source: scripts/tidy.sh [ROOM...] (default: all rooms, minutes of all cores;
# the rooms that read what strangers made are core h5 data study store).
# Left out: the kernels of the fused trainer, whose vectors are g++'s (__builtin_shuffle).
# CLANG_TIDY names another program. scripts/setup.sh comes first.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tidy="${CLANG_TIDY:-clang-tidy}"
have "$tidy" || die "$tidy: there is no such program (apt-get install clang-tidy, or name one with CLANG_TIDY)"
[ -s "$torch_dir_file" ] || die "scripts/setup.sh has not been run here"

rooms=("$@")
[ ${#rooms[@]} -gt 0 ] || for folder in "$root"/src/*/; do rooms+=("$(basename "$folder")"); done
files=()
for room in "${rooms[@]}"; do
  [ -d "$root/src/$room" ] || die "src/$room: there is no such room"
  while IFS= read -r file; do files+=("$file"); done < <(find "$root/src/$room" -name '*.cpp' ! -path '*/fused/kernels_*' | sort)
done

# Configured only: the commands that compile each file by itself.
commands="$build_dir/tidy"
(cd "$root" && cmake --preset debug -B "$commands" "-DCPLAE_TORCH_DIR=$(cat "$torch_dir_file")" -DCPLAE_CUDA=OFF >"$build_dir/tidy.log" 2>&1) ||
  { tail -n 20 "$build_dir/tidy.log"; die "CMake could not configure $commands"; }

cmake --build "$commands" --target cplae_version_header >/dev/null || die "cplae_version.hpp could not be written"

say "${#files[@]} files of ${rooms[*]}"
# The compile commands are those of g++, which knows warnings that clang does not.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(jobs_here)" "$tidy" -p "$commands" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null ||
  die "clang-tidy found what is listed above"
say "clang-tidy found nothing"
