"""Makes results/performance.md and its figures of the lines that scripts/measure_performance.sh has left, and of nothing else.

    python scripts/performance_report.py [--lines results/performance] [--out results]

A table or figure whose lines are missing is left out and named. Needs matplotlib.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
FILES = ("peers", "peers_avx512", "counts", "networks", "cost", "ranks", "schedule", "gmm", "statistics", "io")
# Settings of the paper's shape: a cost line differs from it in one of them.
BASE = {"cells": 3411, "genes": 1252, "latent_dim": 3, "modalities": 2}
PAPER_STEPS = 171 * 750_000
BASE_LABELS = {"cells": "cells", "genes": "genes", "latent_dim": "latent size", "modalities": "modalities K"}

plt.rcParams.update({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False})


def read_lines(folder):
    lines = {}
    for name in FILES:
        path = folder / f"{name}.jsonl"
        text = path.read_text() if path.exists() else ""
        lines[name] = [json.loads(line) for line in text.splitlines() if line.strip()]
        for line in lines[name]:
            if "features" in line:
                line["genes"] = line["features"][0]
    return lines


def number(value):
    """Three figures, thousands with commas."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in lines) + "\n"


def place(line):
    return f"{line['device_name']}, {line['trainer']}"


def of_shape(lines):
    """Lines of the paper's shape as it is."""
    return [line for line in lines if all(line[key] == value for key, value in BASE.items())]


def plain_ticks(axis, values=None):
    """Whole numbers in place of powers; of a logarithmic axis every 1, 2 and 5, or the values themselves."""
    axis.set_major_locator(FixedLocator(values) if values else LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_locator(NullLocator())


def from_zero(axes):
    axes.set_ylim(0, 1.08 * max(max(line.get_ydata()) for line in axes.lines))


class Report:
    def __init__(self, lines, out):
        self.lines, self.out = lines, out
        self.parts = []
        (out / "performance").mkdir(parents=True, exist_ok=True)

    def add(self, *texts):
        self.parts += texts

    def figure(self, name, drawn, caption):
        path = self.out / "performance" / f"{name}.png"
        drawn.tight_layout()
        drawn.savefig(path, dpi=110, metadata={"Software": None})
        plt.close(drawn)
        self.add(f"![{caption}](performance/{name}.png)", f"*{caption}*")

    def write(self):
        text = "\n\n".join(part.rstrip() for part in self.parts) + "\n"
        (self.out / "performance.md").write_text(text, encoding="utf-8")


def introduction(report):
    everything = [line for lines in report.lines.values() for line in lines]
    places = sorted({line["device_name"] for line in everything if "device_name" in line})
    commits = sorted({line["commit"] for line in everything})
    report.add(
        "# Performance",
        "Made by `scripts/performance_report.py` of the lines in `results/performance/`, which `scripts/measure_performance.sh` "
        "left; [docs/performance.md](../docs/performance.md) says how to read a line. A step is one mini-batch of 200 cells through "
        "one network of the paper's shape (3,411 cells, 1,252 genes, 68 features, latent 3, lambda 1, decoders augmented) with its "
        "gradients and Adam, unless said otherwise; rates are sums over all networks, the best of the repeats.",
        table(["what", "value"], [["devices", "; ".join(places)], ["commit", ", ".join(commits)]]),
    )


def peer_rows(lines):
    rows = []
    for part, value, unit in (("train", "milliseconds_per_step", "ms a step"), ("gmm", "seconds", "s a fit")):
        found = {}
        for line in lines:
            if line["part"] == part:
                found.setdefault(line["contender"], []).append(line)
        if not found:
            continue
        medians = {name: statistics.median(line[value] for line in these) for name, these in found.items()}
        slowest = max((value for name, value in medians.items() if name != "cplae"), default=None)
        for name, these in found.items():
            values = [line[value] for line in these]
            likelihood = f"{statistics.median(line['log_likelihood_per_cell'] for line in these):.4f}" if part == "gmm" else ""
            spread = f"{number(min(values))} to {number(max(values))}"
            rows.append([part, name, f"{number(medians[name])} {unit}", spread, len(values), f"{slowest / medians[name]:.1f}" if slowest else "", likelihood])
    return rows


PEER_HEADER = ["part", "program", "median", "spread", "rounds", "times as fast", "log-likelihood a cell"]


def peers(report):
    lines = report.lines["peers"]
    first = lines[0]
    report.add(
        "## Beside the programs it is compared with",
        f"By turns in one run on one core of {first['device_name']} ({first['cores']} cores): TensorFlow makes the authors' training step, "
        "scikit-learn fits the same cells with as many starts.",
        table(PEER_HEADER, peer_rows(lines)),
    )


def peers_avx512(report):
    lines = report.lines["peers_avx512"]
    own = [line for line in lines if line["contender"] == "cplae" and "gflops" in line]
    rate = f", {number(statistics.median(line['gflops'] for line in own))} of {number(statistics.median(line['peak_gflops'] for line in own))} GFLOP/s" if own else ""
    report.add(
        "### With AVX-512",
        f"The same on a core of another machine ({lines[0]['device_name']}, {lines[0]['cores']} cores), whose processor has AVX-512, which both programs use{rate}; commit {lines[0]['commit']}.",
        table(PEER_HEADER, peer_rows(lines)),
    )


def counts(report):
    """Mixtures of every count that was tried, each program once."""
    found = {}
    for line in report.lines["counts"]:
        found.setdefault(line["components"], {})["cplae" if line["contender"] == "cplae" else "peer"] = line
    rows = []
    gains, ratios = [], []
    for components, pair in sorted(found.items()):
        own, peer = pair["cplae"], pair["peer"]
        gains.append(own["log_likelihood_per_cell"] - peer["log_likelihood_per_cell"])
        ratios.append(peer["seconds"] / own["seconds"])
        rows.append([components, *(number(line["seconds"]) for line in (peer, own)), f"{ratios[-1]:.0f}",
                     *(f"{line['log_likelihood_per_cell']:.4f}" for line in (peer, own)), f"{gains[-1]:+.1e}"])
    first = report.lines["counts"][0]
    header = ["components", f"{first['contender']}, s", "cplae, s", "times as fast", f"{first['contender']}, log-likelihood a cell", "cplae", "difference"]
    report.add(
        "### Mixtures of other counts",
        f"{first['starts']} starts of either program on the same {first['cells']:,} cells x {first['dim']}, once each, beside other work: the likelihoods are what counts here. "
        f"cplae's is at least {min(gains):+.1e} a cell above, and it is at least {min(ratios):.0f} times as fast.",
        table(header, rows),
    )


def networks(report):
    lines = report.lines["networks"]
    drawn, axes = plt.subplots(figsize=(4.2, 2.8))
    for colour, name in zip(COLOURS, sorted({place(line) for line in lines})):
        these = sorted((line for line in lines if place(line) == name), key=lambda line: line["networks"])
        axes.plot([line["networks"] for line in these], [line["steps_per_second"] for line in these], "o-", color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel="networks on the device", ylabel="network-steps a second")
    plain_ticks(axes.xaxis, sorted({line["networks"] for line in lines}))
    plain_ticks(axes.yaxis)
    axes.legend()
    rows = [
        [place(line), line["networks"], line["together"], number(line["steps_per_second"]), number(line["milliseconds_per_step"]), number(line["gflops"]), share(line),
         number(PAPER_STEPS / line["steps_per_second"] / 3600)]
        for line in lines
    ]
    header = ["device", "networks", "together", "network-steps a second", "ms a step", "GFLOP/s", "of the peak", "the paper's 171 x 750,000 steps at this rate, h"]
    report.add("## Networks on one device", table(header, rows))
    report.figure("networks", drawn, "Steps a second of all networks against their number")


def share(line):
    return f"{100 * line['fraction_of_peak']:.0f} %" if "fraction_of_peak" in line else "not known"


def cost(report):
    lines = report.lines["cost"]
    drawn, grid = plt.subplots(1, 4, figsize=(9, 2.4))
    rows = []
    for axes, (key, label) in zip(grid, BASE_LABELS.items()):
        others = {name: value for name, value in BASE.items() if name != key}
        for colour, name in zip(COLOURS, sorted({place(line) for line in lines})):
            these = [line for line in lines if place(line) == name and all(line[other] == value for other, value in others.items())]
            these = sorted({line[key]: line for line in these}.values(), key=lambda line: line[key])
            axes.plot([line[key] for line in these], [line["milliseconds_per_step"] for line in these], "o-", color=colour, label=name)
            rows += [[place(line), label, f"{line[key]:,}", number(line["gflop_per_step"] * 1e3), number(line["milliseconds_per_step"]), share(line)] for line in these]
        axes.set(xlabel=label)
        from_zero(axes)
    grid[0].set_ylabel("ms a step")
    grid[0].legend()
    report.add("## Cost of a step", table(["device", "varied", "to", "MFLOP a step", "ms a step", "of the peak"], rows))
    report.figure("cost", drawn, "Time of a step against cells, genes, latent size and modalities, the others as in the paper")


def ranks(report):
    lines = of_shape(report.lines["ranks"])
    strong = [line for line in lines if line["networks"] == max(line["networks"] for line in lines)]
    weak = [line for line in lines if line["networks"] == 2 * line["ranks"]]
    rows = []
    for name, these in (("strong", strong), ("weak", weak)):
        alone = min(these, key=lambda line: line["ranks"])
        for line in sorted(these, key=lambda line: line["ranks"]):
            speedup = line["steps_per_second"] / alone["steps_per_second"] * alone["ranks"]
            rows.append([name, line["ranks"], line["networks"], number(line["steps_per_second"]), f"{speedup:.2f}", f"{100 * speedup / line['ranks']:.0f} %"])
    report.add(
        "## Ranks",
        "Measured on the cores that the machine has: strong scaling has the same networks on ever more ranks, weak scaling two networks a rank.",
        table(["scaling", "ranks", "networks", "network-steps a second", "speed-up", "efficiency"], rows),
    )
    if report.lines["schedule"]:
        schedule(report)
    draw_scaling(report, rows)


def schedule(report):
    """What the schedule makes of ranks that this machine does not have; every row is marked."""
    rows = [
        ["SIMULATED", line["study"], f"{line['ranks']:,}", f"{line['networks']:,}", hours(line["training_seconds"]), f"{100 * line['training_efficiency']:.0f} %",
         hours(line["statistics_seconds"]), f"{100 * line['statistics_efficiency']:.0f} %"]
        for line in report.lines["schedule"]
    ]
    first = report.lines["schedule"][0]
    report.add(
        "### Beyond: simulated, not measured",
        "The shares that a run makes (`cplae plan --simulate-ranks`), and the time of its busiest rank, if every rank were a core like the one measured "
        f"({number(first['milliseconds_per_step'])} ms a step, {number(first['ns_per_cost'])} ns a cell, component and iteration of a mixture). Reading, files, reduction and what cores of one node take "
        f"from one another are not in it. `{first['study']}` is one study on ever more ranks (strong scaling): with more ranks than networks some have nothing to train. `growing` has two networks a rank (weak scaling).",
        table(["how", "study", "ranks", "networks", "training, h", "efficiency", "statistics, h", "efficiency"], rows),
    )


def hours(seconds):
    return number(seconds / 3600)


def draw_scaling(report, rows):
    drawn, pair = plt.subplots(1, 2, figsize=(7.5, 2.7))
    for axes, kind, is_weak in zip(pair, ("strong", "weak"), (False, True)):
        measured = [(row[1], float(row[5].split()[0])) for row in rows if row[0] == kind]
        axes.plot(*zip(*measured), "o", color=COLOURS[0], label="training, measured")
        these = sorted((line for line in report.lines["schedule"] if (line["study"] == "growing") == is_weak), key=lambda line: line["ranks"])
        for colour, stage in zip(COLOURS[1:], ("training", "statistics")):
            points = [(line["ranks"], 100 * line[f"{stage}_efficiency"]) for line in these]
            if points:
                axes.plot(*zip(*points), "--", color=colour, label=f"{stage}, SIMULATED")
        axes.set(xscale="log", xlabel="ranks", title=f"{kind} scaling")
        from_zero(axes)
        plain_ticks(axes.xaxis)
    pair[0].set_ylabel("efficiency, %")
    pair[0].legend(loc="lower left")
    report.figure("ranks", drawn, "Efficiency against ranks: dots are measured, dashed lines are SIMULATED schedules")


def roofline(report):
    lines = [line for name in ("networks", "cost") for line in report.lines[name] if "peak_gflops" in line]
    if not lines:
        return
    drawn, axes = plt.subplots(figsize=(4.2, 2.8))
    rows = []
    for colour, name in zip(COLOURS, sorted({place(line) for line in lines})):
        these = [line for line in lines if place(line) == name]
        intensity = [line["gflop_per_step"] / line["gbyte_per_step"] for line in these]
        peak = statistics.median(line["peak_gflops"] for line in these)
        rate = statistics.median(line["memory_gb_per_second"] for line in these) if "memory_gb_per_second" in these[0] else None
        span = [min(intensity) / 8, max(intensity) * 4]
        if rate:
            span = sorted([*span, peak / rate])
        axes.plot(span, [min(peak, rate * x) if rate else peak for x in span], color=colour, lw=1)
        axes.plot(intensity, [line["gflops"] for line in these], "o", ms=3, color=colour, label=name)
        best = max(these, key=lambda line: line["gflops"])
        rows.append([name, number(peak), number(rate) if rate else "not measured", number(best["gflops"]), share(best)])
    axes.set(xscale="log", yscale="log", xlabel="FLOP a byte of the step's products", ylabel="GFLOP/s")
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    axes.legend()
    report.add(
        "## Roofline",
        "Operations are those of the matrix products of a step; bytes count every operand and result of a product once, as if nothing stayed in a "
        "cache between two products. Peak and memory rate of a core are measured in the same run (multiply-adds in registers; STREAM's triad), a GPU's peak "
        "is that of its data sheet. What a step touches again and again fits into the caches of a core, so points may lie above the slope.",
        table(["device", "peak GFLOP/s", "memory GB/s", "best GFLOP/s", "of the peak"], rows),
    )
    report.figure("roofline", drawn, "GFLOP/s of training steps under the measured peak and memory rate")


def mixtures(report):
    rows = [
        [line["components"], line["dim"], line["starts"], number(line["seconds"]), number(line["ns_per_cell_component_iteration"]),
         number(line["floor_ns_per_cell_component_iteration"]), f"{100 * line['fraction_of_floor']:.0f} %", f"{line['log_likelihood_per_cell']:.4f}"]
        for line in report.lines["gmm"]
    ]
    first = report.lines["gmm"][0]
    header = ["components", "dimensions", "starts", "s", "ns a cell, component and iteration", "floor", "of the floor", "log-likelihood a cell"]
    report.add("## Mixtures", f"{first['cells']:,} simulated cells, one core of {first['device_name']}.", table(header, rows))


def paper_statistics(report):
    lines = report.lines["statistics"]
    whole = sum(line["seconds"] for line in lines)
    rows = [[line["kind"], f"{line['units']:,}", number(line["seconds"])] for line in lines if line["seconds"] >= 1]
    report.add(
        "## Statistics of the paper's study",
        f"All of jobs/paper.toml (307 networks: the paper's and its supplement's) on a cohort of the paper's shape, {lines[0]['ranks']} ranks, {lines[0]['device']}; commit {lines[0]['commit']}: "
        f"{whole / 60:.1f} minutes. Networks were trained for 100 steps, those of the mixtures for 6,000, since latents without clusters take the mixtures longer. "
        "Kinds of less than a second are left out.",
        table(["statistics", "units", "s"], [*rows, ["all", f"{sum(line['units'] for line in lines):,}", number(whole)]]),
    )


def files(report):
    rows = [
        [line["operation"].replace("_", " "), line["ranks"], number(line["bytes"] / 1e6), number(line["seconds"]), number(line["mb_per_second"]),
         number(line["floor_mb_per_second"])]
        for line in report.lines["io"]
    ]
    report.add(
        "## Files",
        f"{report.lines['io'][0]['networks']} networks of the paper's shape; the floor is a plain file a rank of as many bytes, written and flushed, or read, in the same folder. "
        "What was just written is read from the system's cache.",
        table(["what", "ranks", "MB", "s", "MB/s", "plain file, MB/s"], rows),
    )


PARTS = (("peers", peers), ("peers_avx512", peers_avx512), ("counts", counts), ("networks", networks), ("cost", cost), ("ranks", ranks), ("networks", roofline), ("gmm", mixtures), ("statistics", paper_statistics), ("io", files))


def main():
    root = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lines", type=Path, default=root / "results/performance", help="folder of the .jsonl files")
    parser.add_argument("--out", type=Path, default=root / "results", help="folder for performance.md and performance/*.png")
    options = parser.parse_args()
    lines = read_lines(options.lines)
    if not any(lines.values()):
        sys.exit(f"performance_report: {options.lines} holds none of {', '.join(f'{name}.jsonl' for name in FILES)}; run scripts/measure_performance.sh")
    report = Report(lines, options.out)
    introduction(report)
    for name, part in PARTS:
        if lines[name]:
            part(report)
        else:
            print(f"left out, no {name}.jsonl: {part.__name__}")
    report.write()
    print(options.out / "performance.md")


if __name__ == "__main__":
    main()
