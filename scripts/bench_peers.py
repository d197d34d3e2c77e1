"""Measures cplae beside the programs that it is compared with, by turns, on one core, in one run.

    python scripts/bench_peers.py --cplae build/bin/cplae --out results/performance/peers.jsonl [--parts train,gmm]

train: steps a second of one network of the paper's shape, in TensorFlow as the authors' program makes them and by `cplae bench train`.
gmm:   50 starts of 33 components by scikit-learn's GaussianMixture and by `cplae bench gmm` on the same cells, likelihoods side by side.

Run it by hand with a Python that has the peers, apart from the project's own environment:
    python3.11 -m venv peers && peers/bin/pip install 'tensorflow-cpu==2.15.*' scikit-learn
Each measurement is one JSON object a line. Nothing else should run on the machine.
"""

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
# The fits of a run: src/reduce/fit_components.cpp.
TOLERANCE, FLOOR, MOST_ITERATIONS = 1e-6, 1e-4, 10000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cplae", type=Path, required=True, help="the program")
    parser.add_argument("--out", type=Path, help="JSON lines are written here too; an existing file is replaced")
    parser.add_argument("--parts", default="train,gmm", help="train, gmm or both")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender (default 3)")
    parser.add_argument("--core", type=int, default=0, help="the core all of them run on (default 0)")
    parser.add_argument("--steps", type=int, default=500, help="training steps a turn (default 500)")
    parser.add_argument("--trainer", default="fused", help="of cplae bench train (default fused)")
    parser.add_argument("--input", type=Path, help="a CSV of numbers for the mixtures (default: drawn, 2,729 x 3)")
    parser.add_argument("--components", type=int, default=33)
    parser.add_argument("--starts", type=int, default=50)
    return parser.parse_args()


def stay_on(core):
    """Before the peers are imported: their thread pools look at the cores that they may use."""
    for name in THREADS:
        os.environ[name] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.sched_setaffinity(0, {core})


def processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def cplae_line(program, *words):
    """The one JSON line of a bench; the program inherits this process's core."""
    done = subprocess.run([str(program), "bench", *map(str, words), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench_peers: {program} bench {words[0]} failed: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


class Results:
    """Measurements, printed as they come and written to a file if one is named."""

    def __init__(self, path, cores):
        self.machine = {"device_name": processor(), "cores": cores, "threads": 1}
        self.path, self.lines = path, []

    def add(self, part, contender, number, values):
        line = {"bench": "peers", "part": part, "contender": contender, "round": number, **values, **self.machine}
        self.lines.append(line)
        print(json.dumps(line), flush=True)

    def write(self, versions):
        if not self.path:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(json.dumps({**line, **versions}) + "\n" for line in self.lines))

    def summary(self, part, value):
        """Median and spread of a contender's values, for people, and the ratio of the medians."""
        medians = {}
        for line in self.lines:
            if line["part"] == part:
                medians.setdefault(line["contender"], []).append(line[value])
        for contender, values in medians.items():
            print(f"{part} {contender}: {value} median {statistics.median(values):.4g}, {min(values):.4g} to {max(values):.4g}")
            medians[contender] = statistics.median(values)
        return medians


def measure_training(options, results):
    import tensorflow

    from peer_tensorflow import TensorFlowTraining

    peer = TensorFlowTraining()
    for number in range(options.rounds):
        seconds = peer.run(options.steps)
        results.add("train", f"tensorflow {tensorflow.__version__}", number, rates(options.steps, seconds))
        line = cplae_line(
            options.cplae, "train", "--shape", "paper", "--trainer", options.trainer, "--device", "cpu", "--steps", options.steps, "--repeats", 1
        )
        kept = ("gflops", "peak_gflops", "fraction_of_peak")
        measured = {**rates(options.steps, line["seconds"]), "trainer": line["trainer"], **{name: line[name] for name in kept}}
        results.add("train", "cplae", number, measured)
    medians = results.summary("train", "steps_per_second")
    print(f"train: cplae makes {medians.pop('cplae') / next(iter(medians.values())):.2f} times the steps of TensorFlow")


def rates(steps, seconds):
    return {"steps": steps, "seconds": seconds, "steps_per_second": steps / seconds, "milliseconds_per_step": 1e3 * seconds / steps}


def latents_like(path):
    """Cells in 60 overlapping clusters of unequal size, as many as the paper's training cells."""
    import numpy as np

    rng = np.random.default_rng(0)
    clusters = rng.choice(60, size=2729, p=rng.dirichlet(np.full(60, 2.0)))
    centres, scatter = rng.normal(size=(60, 3)), rng.uniform(0.1, 0.3, size=(60, 3))
    values = centres[clusters] + scatter[clusters] * rng.normal(size=(2729, 3))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["z0", "z1", "z2"], *values.tolist()])


def read_cells(path):
    import numpy as np

    values = np.genfromtxt(path, delimiter=",")
    return values[~np.isnan(values).any(axis=1)]  # a header reads as NaN


def measure_mixtures(options, results, path):
    import sklearn
    from sklearn.mixture import GaussianMixture

    cells = read_cells(path)
    fixed = {"components": options.components, "starts": options.starts, "cells": len(cells), "dim": cells.shape[1]}
    for number in range(options.rounds):
        peer = GaussianMixture(
            options.components, n_init=options.starts, tol=TOLERANCE, reg_covar=FLOOR, max_iter=MOST_ITERATIONS, random_state=number
        )
        start = time.perf_counter()
        peer.fit(cells)
        found = {"seconds": time.perf_counter() - start, "log_likelihood_per_cell": peer.score(cells), "bic": peer.bic(cells)}
        results.add("gmm", f"scikit-learn {sklearn.__version__}", number, {**fixed, **found})
        words = ("--input", path, "--components", options.components, "--starts", options.starts, "--seed", number)
        line = cplae_line(options.cplae, "gmm", *words)
        kept = ("seconds", "log_likelihood_per_cell", "bic", "iterations", "ns_per_cell_component_iteration", "failed_starts")
        results.add("gmm", "cplae", number, {**fixed, **{name: line[name] for name in kept}})
    likelihoods = results.summary("gmm", "log_likelihood_per_cell")
    medians = results.summary("gmm", "seconds")
    ours, theirs = medians.pop("cplae"), next(iter(medians.values()))
    print(f"gmm: cplae is {theirs / ours:.1f} times as fast; likelihood a cell {likelihoods.pop('cplae') - next(iter(likelihoods.values())):+.2e}")


def main():
    options = arguments()
    parts = options.parts.split(",")
    if not set(parts) <= {"train", "gmm"}:
        sys.exit(f"bench_peers: --parts: found {options.parts}, expected train, gmm or both with a comma")
    cores = os.cpu_count()
    stay_on(options.core)
    results = Results(options.out, cores)
    version = subprocess.run([str(options.cplae), "--version"], capture_output=True, text=True, check=True).stdout.split()
    try:
        if "train" in parts:
            measure_training(options, results)
        with tempfile.TemporaryDirectory() as folder:
            path = options.input or Path(folder) / "cells.csv"
            if "gmm" in parts:
                if not options.input:
                    latents_like(path)
                measure_mixtures(options, results, path)
    except ImportError as missing:
        sys.exit(f"bench_peers: {missing}; this Python lacks a peer: pip install 'tensorflow-cpu==2.15.*' scikit-learn")
    results.write({"version": version[1], "commit": version[2].strip("()")})


if __name__ == "__main__":
    main()
