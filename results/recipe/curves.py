"""Every measure against the number of steps, for two recipes: networks are trained anew for each number, as users would.

    python curves.py --data motor_cortex.h5mu --out FOLDER [--steps 500,1000,2000,4000,8000] [--seeds 0,1] [--folds 3]

Writes curves.csv (a row a fold, seed, recipe, number of steps and measure) and curves.png to FOLDER. The kept network is the last one of each
training, in both recipes. Finished runs are not done again.
"""

import argparse
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from nested import scores

JOBS = Path(__file__).parents[2] / "jobs"
COLOURS = {"paper": "#0072B2", "lean": "#D55E00"}
# One cross-validation alone of jobs/lean.toml; the paper's recipe with the paper's noise and dropout of E.
PLAIN = [
    "experiment.cross_validation.classes=[]", "experiment.cross_validation.pc_cca=[]", "experiment.cross_validation.baselines=[]",
    "experiment.consensus.initialisations=1", "experiment.consensus.components=[]",
]
RECIPES = {
    "lean": ["study.recipe=lean"],
    "paper": ["study.recipe=paper", "training.keep_best_after=1000000000", "modality.E.noise_sd=0.05", "modality.E.dropout=0.1"],
}


def measured(data: Path, folder: Path, recipe: str, steps: int, seed: int, folds: int) -> pd.DataFrame:
    run = folder / f"{recipe}_{steps}_{seed}"
    words = [*RECIPES[recipe], *PLAIN, f"training.steps={steps}", f"study.seed={seed}", f"experiment.cross_validation.folds={folds}"]
    command = ["cplae", "run", JOBS / "lean.toml", "--data", data, "--out", run, "--no-report", "--quiet"]
    for word in words:
        command += ["--set", word]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    table = scores(run, "cross_validation").reset_index(names="fold").melt(id_vars="fold", var_name="measure", value_name="value")
    return table.assign(recipe=recipe, steps=steps, seed=seed)


def draw(table: pd.DataFrame, path: Path) -> None:
    measures = list(dict.fromkeys(table.measure))
    drawn, grid = plt.subplots(3, 3, figsize=(9, 7.2), sharex=True)
    for axes, measure in zip(grid.flat, measures):
        for recipe, rows in table[table.measure == measure].groupby("recipe"):
            for _, one in rows.groupby(["seed", "fold"]):
                axes.plot(one.steps, one.value, color=COLOURS[recipe], alpha=0.25, linewidth=0.8)
            mean = rows.groupby("steps").value.mean()
            axes.plot(mean.index, mean, "o-", color=COLOURS[recipe], label=recipe, markersize=3)
        axes.set(title=measure, xscale="log")
        axes.xaxis.set_major_locator(FixedLocator(sorted(set(table.steps))))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda steps, _: f"{steps:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.title.set_fontsize(9)
    grid[0, 0].legend(frameon=False)
    for axes in grid[-1]:
        axes.set_xlabel("steps of the training")
    drawn.tight_layout()
    drawn.savefig(path, dpi=110, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", default="500,1000,2000,4000,8000")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cases = [(r, int(s), int(seed)) for s in options.steps.split(",") for r in RECIPES for seed in options.seeds.split(",")]
    table = pd.concat([measured(options.data, options.out, *case, options.folds) for case in cases])
    table.to_csv(options.out / "curves.csv", index=False)
    draw(table, options.out / "curves.png")
    mean = table.groupby(["recipe", "steps", "measure"]).value.mean().unstack("measure").round(3)
    print(mean.to_string())


if __name__ == "__main__":
    main()
