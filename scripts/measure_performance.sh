#!/usr/bin/env bash
# Measures everything behind results/performance.md, about ten minutes on a machine where nothing else runs:
#   scripts/measure_performance.sh [PYTHON]        PYTHON has the peers (scripts/bench_peers.py says how to make one); without, they are left out
# CPLAE is the program (default build/bin/cplae); OUT takes the lines (default results/performance); TRAINER is the one beside
# TensorFlow (default fused); QUICK=1 tries the whole chain in two minutes.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cplae="${CPLAE:-$build_dir/bin/cplae}"
out="${OUT:-$root/results/performance}"
peers="${1:-}"
quick="${QUICK:-0}"
have "$cplae" || die "$cplae: there is no such program; scripts/build.sh cplae makes it, CPLAE names another"
mkdir -p "$out"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# How long a setting is measured: steps of one network, and what shrinks where the chain is only tried.
if [ "$quick" = 1 ]; then
  steps=10 repeats=1 rounds=1 starts=2 peer_starts=2
else
  steps=400 repeats=3 rounds=3 starts=10 peer_starts=50
fi

# Powers of two up to a number, and the number itself.
doubled_to() {
  local n=1
  while [ "$n" -lt "$1" ]; do
    echo "$n"
    n=$((n * 2))
  done
  echo "$1"
}

ranks_of() {
  local options=(-n "$1")
  if mpirun --version 2>&1 | grep -q 'Open MPI'; then
    options+=(--bind-to none)
    if [ "$(id -u)" -eq 0 ]; then options+=(--allow-run-as-root); fi
  fi
  shift
  mpirun "${options[@]}" "$@"
}

# measure FILE WORDS... : adds the lines of one bench to a file of the results.
measure() {
  local file="$out/$1.jsonl.part"
  shift
  "$cplae" bench "$@" --json >>"$file"
}
measure_on() {
  local ranks="$1" file="$out/$2.jsonl.part"
  shift 2
  ranks_of "$ranks" "$cplae" bench "$@" --json >>"$file"
}
# A file of results appears when all its lines are there.
finish() { mv "$out/$1.jsonl.part" "$out/$1.jsonl"; }
begin() {
  say "$1: $2"
  rm -f "$out/$1.jsonl.part"
}

train=(train --shape paper --steps "$steps" --repeats "$repeats")
cores="$(jobs_here)"

if [ -n "$peers" ]; then
  say "peers: TensorFlow and scikit-learn beside cplae, by turns"
  "$peers" "$root/scripts/bench_peers.py" --cplae "$cplae" --out "$out/peers.jsonl" --rounds "$rounds" --steps "$steps" \
    --starts "$peer_starts" --trainer "${TRAINER:-fused}"
fi

begin networks "networks on one device"
measure networks "${train[@]}" --device cpu --networks 1,2,4
if "$cplae" bench train --shape demo --device cuda --steps 1 --repeats 1 >/dev/null 2>&1; then
  measure networks "${train[@]}" --device cuda --networks 1,2,4,8,16,32,64,128,171
fi
finish networks

begin cost "cost of a step against cells, genes, latent size and modalities"
for cells in 500 1000 3411 10000; do measure cost "${train[@]}" --cells "$cells"; done
for genes in 300 600 2500 5000; do measure cost "${train[@]}" --genes "$genes"; done
for dim in 2 5 10 20; do measure cost "${train[@]}" --latent-dim "$dim"; done
for modalities in 1 3 4; do measure cost "${train[@]}" --modalities "$modalities"; done
finish cost

begin ranks "strong and weak scaling over $cores core(s)"
for n in $(doubled_to "$cores"); do
  networks="$((n * 2))"
  if [ "$n" -lt "$cores" ]; then networks="$networks,$((cores * 2))"; fi
  measure_on "$n" ranks "${train[@]}" --device cpu --networks "$networks"
done
finish ranks

begin gmm "mixtures"
measure gmm gmm --components 15,24,33,45 --starts "$starts"
for dim in 2 5 10; do measure gmm gmm --components 33 --starts "$starts" --dim "$dim"; done
finish gmm

begin io "files"
for n in $(doubled_to "$cores"); do measure_on "$n" io io --out "$scratch" --networks 16; done
finish io

# Predicted, at the speed that this machine has now: the paper's study on ever more ranks, and one that grows with them.
begin schedule "schedules, simulated"
"$cplae" simulate --preset paper --seed 1 --out "$scratch/paper.h5mu" >/dev/null
"$cplae" plan "$root/jobs/paper.toml" --data "$scratch/paper.h5mu" --simulate-ranks 1,2,4,8,16,32,64,128,256,512,1024 --json \
  >"$out/schedule.jsonl.part"
step_ms="$(sed -n '1s/.*"milliseconds_per_step": \([0-9.e+-]*\).*/\1/p' "$out/schedule.jsonl.part")"
cost_ns="$(sed -n '1s/.*"ns_per_cost": \([0-9.e+-]*\).*/\1/p' "$out/schedule.jsonl.part")"
cat >"$scratch/growing.toml" <<'TOML'
[study]
name = "growing"
[[modality]]
name = "T"
[[modality]]
name = "E"
hidden = [40, 40, 40, 40]
[[experiment]]
name = "repeats"
kind = "repeats"
components = [15, 45]
TOML
for n in 1 4 16 64 256 1024; do
  "$cplae" plan "$scratch/growing.toml" --data "$scratch/paper.h5mu" --set "experiment.repeats.initialisations=$((n * 2))" \
    --simulate-ranks "$n" --step-ms "$step_ms" --cost-ns "$cost_ns" --json >>"$out/schedule.jsonl.part"
done
finish schedule

say "lines are in $out; python scripts/performance_report.py draws them"
