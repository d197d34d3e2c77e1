#!/usr/bin/env bash
# Configures build/ (once; CMake itself notices later changes) and builds: scripts/build.sh [TARGET...]. scripts/setup.sh comes first.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -s "$torch_dir_file" ] || die "scripts/setup.sh has not been run here"
settings=("-DCPLAE_TORCH_DIR=$(cat "$torch_dir_file")" "-DCPLAE_PYTHON=$env_python")
have ninja || settings=(-G "Unix Makefiles" "${settings[@]}")
nvcc="$(find_nvcc)"
[ -z "$nvcc" ] || settings+=("-DCPLAE_NVCC=$nvcc")
stamp="$build_dir/.configured"
wanted="$(hash_of "${settings[@]}" "$([ -z "$nvcc" ] || nvcc_release "$nvcc")" "$(cat "$root/CMakePresets.json")")"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  say "configuring build/"
  # A compiler in CMake's memory cannot be changed: what was configured for another one is configured anew.
  anew=()
  [ ! -e "$stamp" ] || anew=(--fresh)
  (cd "$root" && cmake --preset release "${anew[@]}" "${settings[@]}") || die "CMake could not configure build/: its messages above say why"
  echo "$wanted" >"$stamp"
fi

# Paths below the project count relative for the compiler cache, so that another clone of the same sources finds what this one compiled.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

targets=()
for target in "$@"; do targets+=(--target "$target"); done
say "building ${*:-everything} with $(jobs_here) jobs"
cmake --build "$build_dir" --parallel "$(jobs_here)" "${targets[@]}" || die "the build failed: messages above"
