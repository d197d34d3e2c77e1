#!/usr/bin/env bash
# Sets up, builds, simulates a cohort, runs the demo study on two MPI ranks and shows its tables. A second start finds everything done.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cplae="$build_dir/bin/cplae"
study="$root/jobs/demo.toml"
demo="$build_dir/demo"
run="$demo/run"

# A cohort or run of an older program or study must not pass for one of this program; it is kept aside, not deleted.
make_room() {
  local made_by stamp="$demo/made-by" aside
  made_by="$(hash_of "$(sha256sum <"$cplae")" "$(cat "$study")")"
  if [ -e "$demo" ] && [ "$(cat "$stamp" 2>/dev/null)" != "$made_by" ]; then
    aside="$demo.$(date +%Y%m%d-%H%M%S)"
    say "build/demo was made by another version of the program or of jobs/demo.toml: moved to build/${aside##*/}; starting afresh"
    mv "$demo" "$aside"
  fi
  mkdir -p "$demo"
  echo "$made_by" >"$stamp"
}

# Two ranks, even on one core; Open MPI has to be told that this, and being root, is meant.
on_two_ranks() {
  local options=(-n 2)
  if mpirun --version 2>&1 | grep -q 'Open MPI'; then
    options+=(--oversubscribe --bind-to none)
    if [ "$(id -u)" -eq 0 ]; then options+=(--allow-run-as-root); fi
  fi
  mpirun "${options[@]}" "$@"
}

# show_table FILE.csv: its columns aligned, long numbers shortened.
show_table() {
  "$env_python" - "$1" <<'PYTHON'
import csv, sys

def short(text):
    try:
        return text if text.lstrip("-").isdigit() else f"{float(text):.4g}"
    except ValueError:
        return text

rows = [[short(cell) for cell in row] for row in csv.reader(open(sys.argv[1], newline=""))]
widths = [max(map(len, column)) for column in zip(*rows)]
for row in rows:
    print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
PYTHON
}

bash "$root/scripts/setup.sh" demo
bash "$root/scripts/build.sh" cplae
make_room

if [ ! -e "$demo/cohort.h5mu" ]; then
  say "simulating a cohort: build/demo/cohort.h5mu"
  "$cplae" simulate --preset demo --seed 1 --out "$demo/cohort.h5mu"
fi
say "running jobs/demo.toml on two ranks: build/demo/run"
on_two_ranks "$cplae" run "$study" --data "$demo/cohort.h5mu" --out "$run"
if [ ! "$demo/latents.h5mu" -nt "$run/results.h5" ]; then
  say "exporting the latents"
  "$cplae" export "$run" --to "$demo/latents.h5mu"
fi

say "tables/summary.csv:"
show_table "$run/tables/summary.csv"
say "all tables:          build/demo/run/tables/ ($(find "$run/tables" -name '*.csv' -printf '%f ' | tr ' ' '\n' | sort | paste -sd' ' | sed 's/^ *//'))"
say "latents (per cell):  build/demo/latents.h5mu, and every network's in build/demo/run/results.h5"
say "report:              build/demo/run/report.html"
