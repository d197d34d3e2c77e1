#!/usr/bin/env bash
# Debian packages that building (and, for `tests`, testing) needs: installs the missing ones where root and apt allow it.
# Elsewhere it says what is missing and stops only if a tool without which nothing can be tried is absent; the libraries are then
# looked for by CMake, which names every one that it does not find (cmake/CplaeDependencies.cmake).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_packages=(
  g++ cmake ninja-build ccache mold git ca-certificates pkg-config python3 python3-venv
  openmpi-bin libopenmpi-dev libhdf5-openmpi-dev hdf5-tools
  libeigen3-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev
  libxxhash-dev librandom123-dev libssl-dev zlib1g-dev libboost-dev libdlib-dev
  libgtest-dev libgmock-dev
)
# Debian's own anndata, beside the newest one of build/env: files must go both ways with either. SLURM, for the tests of slurm/. A browser, for
# those of the report.
test_packages=(python3-anndata slurm-wlm munge chromium)

missing_packages() {
  local package
  for package in "$@"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: .* installed$' || echo "$package"
  done
}

apt_install() {
  say "installing $# Debian packages: $*"
  export DEBIAN_FRONTEND=noninteractive
  local attempt
  for attempt in 1 2 3; do
    apt-get update -qq || say "apt-get update complained; trying with the package lists at hand"
    apt-get install -y -qq --no-install-recommends "$@" >"$build_dir/apt.log" 2>&1 && return
    say "apt did not succeed (try $attempt of 3); its last words:"
    tail -n 5 "$build_dir/apt.log" || true
    sleep $((attempt * 3))
  done
  die "apt-get could not install: $* (full log: $build_dir/apt.log)"
}

# need_tool COMMAND "what to load instead": adds to `absent` when the command is not there.
absent=()
need_tool() { have "$1" || absent+=("  $1: $2"); }

check_tools() {
  need_tool "${CXX:-c++}" "a C++20 compiler, GCC 12 or newer (module load gcc, or: spack load gcc)"
  need_tool cmake "CMake 3.25 or newer (module load cmake, spack load cmake, or: pip install cmake)"
  need_tool git "git (module load git, or: spack load git)"
  need_tool pkg-config "pkg-config (spack load pkgconf)"
  need_tool mpirun "an MPI library with its headers (module load openmpi, or: spack load openmpi)"
  have ninja || need_tool make "ninja or make (spack load ninja, or: pip install ninja)"
  [ ${#absent[@]} -eq 0 ] && return
  printf '%s\n' "${absent[@]}" >&2
  die "the tools above are missing and cannot be installed from here; docs/cluster.md says more"
}

main() {
  local wanted=("${build_packages[@]}") missing=()
  [ "${1:-}" = tests ] && wanted+=("${test_packages[@]}")
  if have dpkg; then
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ ${#missing[@]} -eq 0 ]; then
      say "system packages: all ${#wanted[@]} are there"
      return
    fi
    if [ "$(id -u)" -eq 0 ] && have apt-get; then
      apt_install "${missing[@]}"
      return
    fi
    say "not installed as Debian packages: ${missing[*]}"
    say "with root: apt-get install --no-install-recommends ${missing[*]}"
    say "without: going on with what modules or spack have put on the paths (docs/cluster.md)"
  else
    say "no apt here: using the compiler, MPI and libraries that modules or spack have put on the paths (docs/cluster.md)"
  fi
  check_tools
}

mkdir -p "$build_dir"
main "$@"
