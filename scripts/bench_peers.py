"""Measures cplae beside the programs that it is compared with, by turns, on one core, in one run.

    python scripts/bench_peers.py --cplae build/bin/cplae --out results/performance/peers.jsonl [--parts train,gmm]

train: steps a second of one network of the paper's shape, in TensorFlow as the authors' program makes them and by `cplae bench train`.
gmm:   50 starts of 33 components by scikit-learn's GaussianMixture and by `cplae bench gmm` on the same cells, likelihoods side by side.
       All counts of the paper (over an hour, nearly all of it scikit-learn's): --parts gmm --components 15-45 --rounds 1

Run it by hand with a Python that has the peers, apart from the project's own environment:
    python3.11 -m venv peers && peers/bin/pip install 'tensorflow-cpu==2.15.*' scikit-learn
Each measurement is one JSON object a line, written as it comes. Nothing else should run on the machine.
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


def counts(text):
    """15-17,33 -> [15, 16, 17, 33]"""
    ends = [[int(end) for end in part.split("-")] for part in text.split(",")]
    found = [count for end in ends for count in range(end[0], end[-1] + 1)]
    if not found or min(found) < 1 or any(len(end) > 2 for end in ends):
        raise argparse.ArgumentTypeError(f"found {text}, expected counts such as 33, 15,24,33 or 15-45")
    return found


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
    parser.add_argument("--components", type=counts, default=[33], help="of the mixtures: 33, 15,24,33 or 15-45 (default 33)")
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
    """Measurements, printed and written to a file, if one is named, as they come."""

    def __init__(self, path, fixed):
        self.path, self.fixed, self.lines = path, fixed, []
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def add(self, part, contender, number, values):
        line = {"bench": "peers", "part": part, "contender": contender, "round": number, **values, **self.fixed}
        self.lines.append(line)
        print(json.dumps(line), flush=True)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def summary(self, part, value, components=None):
        """Medians of the contenders' values; prints them with their spread."""
        medians = {}
        for line in self.lines:
            if line["part"] == part and line.get("components") == components:
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
    cells = read_cells(path)
    pairs = []
    for components in options.components:
        for number in range(options.rounds):
            fit_both(options, results, {"path": path, "cells": cells, "components": components, "round": number})
        likelihoods = results.summary("gmm", "log_likelihood_per_cell", components)
        medians = results.summary("gmm", "seconds", components)
        ours, theirs = medians.pop("cplae"), next(iter(medians.values()))
        pairs.append((theirs / ours, likelihoods.pop("cplae") - next(iter(likelihoods.values()))))
        print(f"gmm: {components} components: cplae is {pairs[-1][0]:.1f} times as fast; likelihood a cell {pairs[-1][1]:+.2e}", flush=True)
    if len(pairs) > 1:
        ratios, gains = zip(*pairs)
        print(f"gmm: {len(pairs)} counts: at least {min(ratios):.1f} times as fast; likelihood a cell {min(gains):+.2e} to {max(gains):+.2e}")


def fit_both(options, results, case):
    import sklearn
    from sklearn.mixture import GaussianMixture

    cells, components, number = case["cells"], case["components"], case["round"]
    fixed = {"components": components, "starts": options.starts, "cells": len(cells), "dim": cells.shape[1]}
    peer = GaussianMixture(components, n_init=options.starts, tol=TOLERANCE, reg_covar=FLOOR, max_iter=MOST_ITERATIONS, random_state=number)
    start = time.perf_counter()
    peer.fit(cells)
    found = {"seconds": time.perf_counter() - start, "log_likelihood_per_cell": peer.score(cells), "bic": peer.bic(cells)}
    results.add("gmm", f"scikit-learn {sklearn.__version__}", number, {**fixed, **found})
    line = cplae_line(options.cplae, "gmm", "--input", case["path"], "--components", components, "--starts", options.starts, "--seed", number)
    kept = ("seconds", "log_likelihood_per_cell", "bic", "iterations", "ns_per_cell_component_iteration", "failed_starts")
    results.add("gmm", "cplae", number, {**fixed, **{name: line[name] for name in kept}})


def main():
    options = arguments()
    parts = options.parts.split(",")
    if not set(parts) <= {"train", "gmm"}:
        sys.exit(f"bench_peers: --parts: found {options.parts}, expected train, gmm or both with a comma")
    cores = os.cpu_count()
    stay_on(options.core)
    version = subprocess.run([str(options.cplae), "--version"], capture_output=True, text=True, check=True).stdout.split()
    program = {"version": version[1], "commit": version[2].strip("()")}
    results = Results(options.out, {"device_name": processor(), "cores": cores, "threads": 1, **program})
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


if __name__ == "__main__":
    main()
