#!/usr/bin/env bash
# Does the program work on this GPU, and how fast? Needs what a GPU machine has (nvcc, CMake, ninja, a Python with PyTorch) and a folder
# of what else cplae is built from, made beforehand where apt works:
#   scripts/gpu_check.sh --pack DIR           # on Debian, after scripts/packages.sh: the libraries in DIR, and as DIR.tar.xz
#   scripts/gpu_check.sh --packages DIR|DIR.tar.xz [--out DIR] [--build DIR] [--steps N]           # on the GPU machine
# Builds; runs the GPU tests and compute-sanitizer; a study that is killed and goes on, against one left alone; then the training bench
# over numbers of networks. JSON and logs land in the output folder, and all of it in one DIR.tar.xz. Without a GPU it builds, says so,
# and stops.
#   scripts/gpu_check.sh --resume-on cpu|cuda [--build DIR] [--out DIR]                            # the killed study alone, on a built program
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

libraries=(
  libopenmpi-dev libhdf5-openmpi-dev libeigen3-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
  nlohmann-json3-dev libxxhash-dev librandom123-dev libssl-dev zlib1g-dev libboost-dev libdlib-dev libgtest-dev libgmock-dev
)
# Every Linux has these and its own must be used, or they are parts of compilers.
own_of_every_machine='^(libc6.*|libc-.*|libgcc-.*|libstdc.*|gcc.*|g[+][+].*|cpp.*|binutils.*|libbinutils|lib[alt]san[0-9]|libubsan.*|libitm.*|libcc1.*|libctf.*|libgprofng.*|libisl.*|libmpc.*|libmpfr.*|base-files|dpkg.*|debconf.*|perl.*|libperl.*|python3.*|libpython3.*|ucf|adduser|passwd|login|init-system-helpers|openssh-.*|.*systemd.*|libudev1|udev|libpam.*|bash|coreutils|sed|mawk|gfortran.*|libgfortran-.*-dev|openmpi-bin|libopenmpi3-dev|linux-libc-dev|libcrypt.*|rpcsvc-proto|libnsl.*|libtirpc.*|manpages.*|cmake.*|tar|lsb-base|sensible-utils|ca-certificates|openssl|javascript-common|libjs-.*|libgdbm.*|libdb5.*|catch2|media-types|ncurses.*|libtinfo.*|libselinux.*|libsemanage.*|libsepol.*|libaudit.*|libx11.*|libx(au|cb|dmcp|ext|nvctrl).*|libxml2|libicu.*|libhwloc-plugins|ocl-icd.*|libgnutls.*|auto.*|libtool|m4|file|libmagic.*|readline.*|libreadline.*|zlib1g|libbz2.*|util-linux.*|mount|lib(mount|blkid|smartcols|fdisk|uuid)1|e2fsprogs|findutils|grep|gzip|hostname|diffutils|bsdutils|debianutils)$'

packages="" out="$build_dir/gpu_check" build="$build_dir/gpu" pack="" steps=2000 resume_on=""
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || die "$1 takes a value"
  case "$1" in
    --pack) pack="$2" ;;
    --packages) packages="$2" ;;
    --out) out="$2" ;;
    --build) build="$2" ;;
    --steps) steps="$2" ;;
    --resume-on) resume_on="$2" ;;
    *) die "scripts/gpu_check.sh does not know $1; its first lines say what it takes" ;;
  esac
  shift 2
done

# The libraries with all that they need at run time, of the packages that scripts/packages.sh has installed here.
closure() {
  apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    "${libraries[@]}" | grep -E '^[a-z0-9]' | sed 's/:.*//' | sort -u | grep -vE "$own_of_every_machine"
}

make_pack() {
  have apt-get || die "--pack needs apt-get; make the folder on a Debian machine and carry it over"
  mkdir -p "$pack/debs"
  local names deb
  # Of dlib the headers are used, and nothing that its package depends on.
  mapfile -t names < <(closure; echo libdlib-dev)
  say "fetching ${#names[@]} packages"
  (cd "$pack/debs" && apt-get download -qq "${names[@]}") || die "apt-get could not fetch the packages"
  for deb in "$pack"/debs/*.deb; do dpkg -x "$deb" "$pack"; done
  rm -rf "$pack/debs" "${pack:?}"/usr/share/{doc,man,locale,lintian,bug,info} "${pack:?}"/{etc,var}
  # What is linked statically here is GoogleTest alone.
  find "$pack" -name '*.a' ! -name 'libg*test*' ! -name 'libgmock*' -delete
  tar -C "$pack" -cJf "$pack.tar.xz" .
  say "$pack holds $(du -sm "$pack" | cut -f1) MiB, $pack.tar.xz $(du -sm "$pack.tar.xz" | cut -f1)"
}

# Where Debian puts things, under the folder of packages. Programs find the libraries by a path of their own, so that the machine's
# tools keep theirs.
find_libraries() {
  local usr lib debian
  if [ -f "$packages" ]; then
    mkdir -p "$build/packages"
    tar -C "$build/packages" -xf "$packages"
    packages="$build/packages"
  fi
  usr="$(cd "$packages" && pwd)/usr"
  lib="$usr/lib/x86_64-linux-gnu"
  [ -d "$lib/openmpi" ] || die "--packages $packages: found no usr/lib/x86_64-linux-gnu/openmpi, expected a folder made by --pack"
  debian="$lib:$lib/openmpi/lib:$lib/hdf5/openmpi:${usr%/usr}/lib/x86_64-linux-gnu"
  export OPAL_PREFIX="$usr" PKG_CONFIG_SYSROOT_DIR="${usr%/usr}"
  export PKG_CONFIG_LIBDIR="$lib/pkgconfig:$usr/share/pkgconfig"
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s/bin/pkgconf "$@"\n' "$lib" "$usr" >"$out/pkg-config"
  # HDF5's own script would name the folders of the machine that the package was made for.
  cat >"$out/h5pcc" <<END
#!/bin/sh
echo 'HDF5 Version: $(sed -n 's/.*library version: \([0-9.]*\).*/\1/p' "$usr/include/hdf5/openmpi/H5public.h")'
echo 'Parallel HDF5: yes'
[ "\$1" = -showconfig ] || echo 'cc -I$usr/include/hdf5/openmpi -L$lib/hdf5/openmpi -lhdf5_hl -lhdf5'
END
  chmod +x "$out/pkg-config" "$out/h5pcc"
  settings+=(
    "-DCMAKE_PREFIX_PATH=$usr" "-DCMAKE_LIBRARY_PATH=$lib;$lib/hdf5/openmpi"
    "-DCMAKE_INCLUDE_PATH=$usr/include;$usr/include/hdf5/openmpi" "-DPKG_CONFIG_EXECUTABLE=$(cd "$out" && pwd)/pkg-config"
    "-DMPI_SKIP_COMPILER_WRAPPER=ON" "-DMPI_C_LIB_NAMES=mpi" "-DMPI_mpi_LIBRARY=$lib/openmpi/lib/libmpi.so"
    "-DMPI_C_HEADER_DIR=$lib/openmpi/include" "-DHDF5_NO_FIND_PACKAGE_CONFIG_FILE=ON" "-DHDF5_C_COMPILER_EXECUTABLE=$(cd "$out" && pwd)/h5pcc"
    "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags,-rpath,$debian,-rpath-link,$debian"
  )
}

build_all() {
  local torch
  torch="$(python3 -c 'import importlib.util as u, os; print(os.path.dirname(u.find_spec("torch").origin))')" ||
    die "python3 has no torch"
  settings=(-G Ninja -DCMAKE_BUILD_TYPE=Release -DCPLAE_CUDA=ON -DCPLAE_WARNINGS_AS_ERRORS=OFF
    "-DCPLAE_TORCH_DIR=$torch" "-DCPLAE_PYTHON=$(command -v python3)")
  if [ -n "$packages" ]; then find_libraries; fi
  say "configuring $build"
  cmake -S "$root" -B "$build" "${settings[@]}" >"$out/configure.log" 2>&1 || { tail -n 30 "$out/configure.log"; die "CMake could not configure"; }
  say "building with $(jobs_here) jobs"
  cmake --build "$build" --parallel "$(jobs_here)" --target cplae test_gpu >"$out/build.log" 2>&1 ||
    { grep -B2 -A8 -m3 -iE 'error' "$out/build.log" || tail -n 30 "$out/build.log"; die "the build failed"; }
}

# run NAME COMMAND... : its output to a log, its success to the list.
failed=()
run() {
  local name="$1"
  shift
  say "$name"
  if "$@" >"$out/$name.log" 2>&1; then
    say "  passed"
  else
    say "  FAILED: the end of $out/$name.log is"
    tail -n 15 "$out/$name.log"
    failed+=("$name")
  fi
}

# study OUT DEVICE STEPS: the words that run the demo with that many steps, and checkpoints all the time, into `command`.
study() {
  command=("$build/bin/cplae" run "$root/jobs/demo.toml" --data "$runs/cohort.h5mu" --out "$1" --device "$2" --no-report --quiet
    --set "training.steps=$3" --set training.checkpoint_seconds=0.2)
}

# kill_midway OUT: starts `command` and kills it once a network has a checkpoint; fails where it ends before.
kill_midway() {
  local process
  "${command[@]}" &
  process=$!
  until compgen -G "$1/work/networks/*.ckpt" >/dev/null; do
    kill -0 "$process" 2>/dev/null || { wait "$process" || true; echo "ended before it could be killed: more steps?"; return 1; }
    sleep 0.02
  done
  kill -9 "$process" 2>/dev/null || true
  wait "$process" 2>/dev/null || true
  compgen -G "$1/work/networks/*.ckpt" || { echo "no checkpoint was left"; return 1; }
}

# resume DEVICE STEPS: a study that is killed and started again gives the bits of one left alone.
resume() {
  runs="$build/resume_$1"
  rm -rf "$runs"
  mkdir -p "$runs"
  "$build/bin/cplae" simulate --preset demo --seed 1 --out "$runs/cohort.h5mu" &&
    study "$runs/whole" "$@" && "${command[@]}" &&
    study "$runs/killed" "$@" && kill_midway "$runs/killed" && "${command[@]}" &&
    "$build/bin/cplae" verify "$runs/killed" &&
    "$build/bin/cplae" verify "$runs/whole" "$runs/killed"
}

# What the paper's study would take at the rate of the largest group: 171 networks of 750,000 steps.
project() {
  python3 - "$out" <<'PYTHON'
import json, pathlib, sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("bench_*.jsonl")):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    line = max(lines, key=lambda line: line["networks"])
    hours = 171 * 750_000 / line["steps_per_second"] / 3600
    print(f"{path.stem}: {line['steps_per_second']:.0f} network-steps a second with {line['networks']} networks "
          f"({line['together']} together); the paper's 171 networks of 750,000 steps: {hours:.2f} h of training")
PYTHON
}

check() {
  # Every kernel, in FP32 and TF32, in few and in many latent dimensions, with chains and without.
  local short='--gtest_filter=Cases/GroupStep.*three_partial_missing*:Cases/GroupStep.*ten_dimensions*:GroupBits.SameHowever*:Chains.LeaveTheBits*'
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv >"$out/gpu.csv" 2>&1 || true
  run tests "$build/bin/test_gpu" "--gtest_output=json:$out/tests.json"
  local tool
  for tool in memcheck racecheck synccheck; do
    run "$tool" compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/bin/test_gpu" "$short"
  done
  run resume resume cuda 60000
  local precision
  for precision in fp32 tf32; do
    run "bench_$precision" "$build/bin/cplae" bench train --shape paper --networks 1,2,4,8,21,43,86,171 --steps "$steps" \
      --precision "$precision" --device cuda --json
    if [ -s "$out/bench_$precision.log" ]; then grep '^{' "$out/bench_$precision.log" >"$out/bench_$precision.jsonl" || true; fi
  done
  project | tee "$out/projected.txt" || true
}

if [ -n "$pack" ]; then
  make_pack
  exit
fi
mkdir -p "$out"
if [ -n "$resume_on" ]; then
  run resume resume "$resume_on" 20000
  [ ${#failed[@]} -eq 0 ] || die "failed"
  exit
fi
build_all
if ! nvidia-smi -L >/dev/null 2>&1; then
  say "no GPU here: built for one, nothing run"
  exit
fi
check
tar -C "$(dirname "$out")" -cJf "$out.tar.xz" "$(basename "$out")"
[ ${#failed[@]} -eq 0 ] || die "failed: ${failed[*]} (logs in $out, and $out.tar.xz)"
say "all passed; results are in $out, and $out.tar.xz"
