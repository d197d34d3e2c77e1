# shellcheck shell=bash disable=SC2034
# What the scripts share: where things lie, and how they speak. Sourced, never run; the variables are for those that source it.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
build_dir="$root/build"
env_dir="$build_dir/env"
env_python="$env_dir/bin/python"
# Filled by setup.sh: the folder of the installed Python package `torch`, for CMake.
torch_dir_file="$build_dir/torch-dir"

say() { printf '[cplae] %s\n' "$*"; }
die() {
  printf '[cplae] error: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
jobs_here() { nproc 2>/dev/null || echo 2; }

# The nvcc that the build takes, if there is one: as CPLAE_NVCC says, as CMake was told or found before, then in the places where
# cmake/CplaeCuda.cmake looks.
find_nvcc() {
  local before candidate
  before="$(sed -n 's/^CPLAE_NVCC:[A-Z]*=//p' "$build_dir/CMakeCache.txt" 2>/dev/null || true)"
  for candidate in "${CPLAE_NVCC:-}" "$before" "$(command -v nvcc || true)" "${CUDA_HOME:-/none}/bin/nvcc" "${CUDA_PATH:-/none}/bin/nvcc" /usr/local/cuda/bin/nvcc; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      echo "$candidate"
      return
    fi
  done
}

# nvcc_release NVCC: "12.4", or nothing.
nvcc_release() { "$1" --version 2>/dev/null | sed -n 's/.*release \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' || true; }

# hash_of WORD... : one word that changes when any of them does.
hash_of() { printf '%s\n' "$@" | sha256sum | cut -d' ' -f1; }

# Containers often forbid the system call by which Open MPI copies between processes; it then complains at every start. Shared memory
# without it serves cplae as well, since its messages are small.
export OMPI_MCA_btl_vader_single_copy_mechanism="${OMPI_MCA_btl_vader_single_copy_mechanism:-none}"
