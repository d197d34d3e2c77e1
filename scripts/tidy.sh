#!/usr/bin/env bash
# clang-tidy with .clang-tidy over rooms of the source: scripts/tidy.sh [ROOM...] (default: the rooms that read what strangers made).
# CLANG_TIDY names another program; build/ must be configured (scripts/build.sh), since its compile commands are used.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tidy="${CLANG_TIDY:-clang-tidy}"
have "$tidy" || die "$tidy: there is no such program (apt-get install clang-tidy, or name one with CLANG_TIDY)"
[ -s "$build_dir/compile_commands.json" ] || die "build/ is not configured: run scripts/build.sh first"

rooms=("$@")
[ ${#rooms[@]} -gt 0 ] || rooms=(core h5 data study store)
files=()
for room in "${rooms[@]}"; do
  [ -d "$root/src/$room" ] || die "src/$room: there is no such room"
  while IFS= read -r file; do files+=("$file"); done < <(find "$root/src/$room" -name '*.cpp' | sort)
done

say "${#files[@]} files of ${rooms[*]}"
# The compile commands are those of g++, which knows warnings that clang does not.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(jobs_here)" "$tidy" -p "$build_dir" --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null ||
  die "clang-tidy found what is listed above"
say "clang-tidy found nothing"
