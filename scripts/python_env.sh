#!/usr/bin/env bash
# Makes build/env, a private Python environment, for `build`: PyTorch, whose C++ libraries cplae links to; for `demo`: also the packages of
# analysis/; for `tests`: also the oracles. What is already in place is left alone: each part has a stamp with the hash of its requirements.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

torch_version=2.11.0
# All that libtorch_cpu of the wheel loads at start; without a GPU the other CUDA wheels (3 GB) are never opened.
torch_cpu_needs=(nvidia-cuda-cupti==13.0.85 nvidia-cuda-runtime==13.0.96)

can_make_env() { "$1" -c 'import ensurepip, ssl, venv, sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

# The newest interpreter that can make an environment: on PATH, then among pyenv's versions, then the system's.
find_python() {
  local version candidate pyenv="${PYENV_ROOT:-${HOME:-}/.pyenv}"
  for version in 3.14 3.13 3.12 3.11; do
    for candidate in "python$version" "$pyenv/versions/$version".*/bin/python; do
      if can_make_env "$candidate"; then
        command -v "$candidate"
        return
      fi
    done
  done
  for candidate in python3 /usr/bin/python3; do
    if can_make_env "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  die "no Python from 3.10 on that can make a virtual environment: apt-get install python3-venv, module load python, or: spack load python"
}

make_env() {
  "$env_python" -m pip --version >/dev/null 2>&1 && return
  local python
  python="$(find_python)"
  say "making build/env with $python ($("$python" -V))"
  rm -rf "$env_dir"
  "$python" -m venv "$env_dir"
}

pip_install() {
  local attempt
  for attempt in 1 2 3; do
    "$env_python" -m pip --disable-pip-version-check install --quiet --prefer-binary --no-warn-conflicts --retries 3 "$@" && return
    say "pip did not succeed (try $attempt of 3)"
    sleep $((attempt * 3))
  done
  return 1
}

gpu_wanted() {
  case "${CPLAE_GPU:-}" in
    1) return 0 ;;
    0) return 1 ;;
    *) have nvidia-smi && nvidia-smi -L 2>/dev/null | grep -q '^GPU ' ;;
  esac
}

# is_torch FOLDER: does it hold the PyTorch that this program is built against?
is_torch() { [ -e "$1/lib/libtorch_cpu.so" ] && grep -qs "'$torch_version\(+[a-z0-9.]*\)\?'" "$1/version.py"; }

env_torch() { "$env_python" -c 'import sysconfig; print(sysconfig.get_path("purelib") + "/torch")'; }

# Where no registry can be reached, a PyTorch of the right version that is there already will do.
torch_of_system() {
  local python folder
  for python in python3 /usr/bin/python3; do
    folder="$("$python" -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("torch").origin))' 2>/dev/null)" || continue
    if is_torch "$folder"; then
      echo "$folder"
      return
    fi
  done
  return 1
}

# install_torch cpu|gpu
install_torch() {
  local stamp="$env_dir/.torch-$1"
  local wanted=("torch==$torch_version")
  [ "$1" = cpu ] && wanted+=("${torch_cpu_needs[@]}")
  if [ "$(cat "$stamp" 2>/dev/null)" = "$(hash_of "${wanted[@]}")" ] && is_torch "$(env_torch)"; then
    say "PyTorch $torch_version: in place"
    return
  fi
  if [ "$1" = cpu ]; then
    say "installing PyTorch $torch_version (0.5 GB to fetch; the part that a CPU needs)"
    pip_install --no-compile --no-deps "${wanted[@]}" || return 1
  else
    say "installing PyTorch $torch_version with its CUDA libraries (3 GB to fetch)"
    pip_install --no-compile "${wanted[@]}" || return 1
  fi
  hash_of "${wanted[@]}" >"$stamp"
}

provide_torch() {
  local kind=cpu folder
  if [ -n "${CPLAE_TORCH_DIR:-}" ]; then
    [ -e "$CPLAE_TORCH_DIR/lib/libtorch_cpu.so" ] || die "CPLAE_TORCH_DIR=$CPLAE_TORCH_DIR holds no lib/libtorch_cpu.so"
    say "PyTorch: $CPLAE_TORCH_DIR (from CPLAE_TORCH_DIR)"
    echo "$CPLAE_TORCH_DIR" >"$torch_dir_file"
    return
  fi
  # Login and compute nodes may share this folder: what was installed for a GPU serves a CPU too.
  if gpu_wanted || [ -e "$env_dir/.torch-gpu" ]; then kind=gpu; fi
  if install_torch "$kind"; then
    env_torch >"$torch_dir_file"
  elif folder="$(torch_of_system)"; then
    say "no registry reached; using the PyTorch $torch_version of the system: $folder"
    echo "$folder" >"$torch_dir_file"
  else
    die "pip could not install torch==$torch_version; where no registry is reached, set CPLAE_TORCH_DIR to <site-packages>/torch of a PyTorch $torch_version"
  fi
}

# install_requirements analysis|tests
install_requirements() {
  local list="$root/scripts/requirements-$1.txt" stamp="$env_dir/.requirements-$1" hash
  hash="$(hash_of "$(cat "$list")")"
  if [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then
    say "Python packages for $1: in place"
    return
  fi
  say "installing the Python packages for $1 (scripts/requirements-$1.txt)"
  pip_install -r "$list" || die "pip could not install scripts/requirements-$1.txt"
  echo "$hash" >"$stamp"
}

# The report's own package, from where it lies: what is changed there is used at once. Its requirements are in the list above.
install_package() {
  local stamp="$env_dir/.package-analysis" hash
  hash="$(hash_of "$root" "$(cat "$root/analysis/pyproject.toml")")"
  [ "$(cat "$stamp" 2>/dev/null)" != "$hash" ] || return 0
  say "installing the package of the report (analysis/)"
  pip_install --no-deps --editable "$root/analysis" || die "pip could not install analysis/"
  echo "$hash" >"$stamp"
}

report_device() {
  if gpu_wanted; then
    say "GPU: $(nvidia-smi -L 2>/dev/null | head -n 1 | grep . || echo 'asked for by CPLAE_GPU=1')"
  else
    say "no GPU here: networks train on CPU cores, one a rank"
  fi
  local nvcc release
  nvcc="$(find_nvcc)"
  if [ -z "$nvcc" ]; then
    say "no CUDA toolkit (nvcc) here: the build has no groups of networks on a GPU; one network at a time can train there through PyTorch"
    return
  fi
  release="$(nvcc_release "$nvcc")"
  if [ "${release%%.*}" -ge 12 ] 2>/dev/null; then
    say "CUDA toolkit $release ($nvcc): the build compiles the kernels for groups of networks on a GPU"
  else
    say "CUDA toolkit ${release:-of unknown release} ($nvcc): too old for the kernels for GPUs, which need 12 or newer; the build goes without them"
  fi
}

purpose="${1:-build}"
mkdir -p "$build_dir"
# A PyTorch from elsewhere needs no environment of ours to build with.
if [ "$purpose" != build ] || [ -z "${CPLAE_TORCH_DIR:-}" ]; then make_env; fi
report_device
provide_torch
if [ "$purpose" != build ]; then
  install_requirements analysis
  install_package
fi
if [ "$purpose" = tests ]; then install_requirements tests; fi
