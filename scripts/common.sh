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

# hash_of WORD... : one word that changes when any of them does.
hash_of() { printf '%s\n' "$@" | sha256sum | cut -d' ' -f1; }

# Containers often forbid the system call by which Open MPI copies between processes; it then complains at every start. Shared memory
# without it serves cplae as well, since its messages are small.
export OMPI_MCA_btl_vader_single_copy_mechanism="${OMPI_MCA_btl_vader_single_copy_mechanism:-none}"
