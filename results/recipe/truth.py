"""Is the truth recovered better? Simulated cohorts of several sizes, whose latents are known, by each recipe.

    python truth.py --out FOLDER [--cells 300,900,3000] [--seeds 1,2] [--steps 8000]

Of the held-out cells of each fold: R2 of the true latents from those of either modality by least squares, fitted on the training cells (a latent
space is known up to a linear map); accuracy of types and FOSCTTM as in the tables. Finished runs are not done again.
"""

import argparse
import subprocess
from pathlib import Path

import h5py
import mudata
import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def recovered(run: Path, cohort: Path) -> list[dict]:
    """R2 of the true latents over held-out cells, a row a fold and modality."""
    truth = mudata.read_h5mu(cohort).obsm["X_true"]
    rows = []
    with h5py.File(run / "results.h5") as file:
        variant = file["variants/cv"]
        for fold, roles in enumerate(variant["split"][:]):
            train, held_out = roles == 0, roles != 0
            for modality in variant["latents"]:
                z = np.column_stack([np.ones(len(roles)), variant["latents"][modality][fold]])
                found = z[held_out] @ np.linalg.lstsq(z[train], truth[train], rcond=None)[0]
                left = np.square(truth[held_out] - found).sum(axis=0)
                whole = np.square(truth[held_out] - truth[held_out].mean(axis=0)).sum(axis=0)
                rows.append({"fold": fold, "score": f"truth from z{modality}", "value": float(np.mean(1 - left / whole))})
    return rows


def from_tables(run: Path) -> list[dict]:
    reconstruction = pd.read_csv(run / "tables/reconstruction.csv")
    accuracy = pd.read_csv(run / "tables/accuracy.csv").query("label == 'leaf'")
    matching = pd.read_csv(run / "tables/matching.csv").query("measure == 'foscttm'")
    rows = [{"fold": r.fold, "score": f"R2 {r.to}<-{r.source}", "value": r.r2} for r in reconstruction.rename(columns={'from': 'source'}).itertuples()]
    rows += [{"fold": r.fold, "score": f"leaf {r.representation}", "value": r.accuracy} for r in accuracy.itertuples()]
    rows += [{"fold": fold, "score": "FOSCTTM", "value": v} for fold, v in matching.groupby("fold").value.mean().items()]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cells", default="300,900,3000")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--steps", default="8000", help="of the paper's recipe (default 8000)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    recipes = {
        f"paper, {options.steps} steps": ["study.recipe=paper", f"training.steps={options.steps}", "training.keep_best_after=100000"],
        "lean": ["study.recipe=lean"],
    }
    found = []
    for cells in options.cells.split(","):
        for seed in options.seeds.split(","):
            cohort = options.out / f"cells{cells}_seed{seed}.h5mu"
            if not cohort.exists():
                subprocess.run(["cplae", "simulate", "--preset", "demo", "--cells", cells, "--seed", seed, "--out", cohort], check=True, stdout=subprocess.DEVNULL)
            for recipe, words in recipes.items():
                run = options.out / f"cells{cells}_seed{seed}_{recipe.split(',')[0]}"
                command = ["cplae", "run", HERE / "truth.toml", "--data", cohort, "--out", run, "--no-report", "--quiet"]
                for word in words:
                    command += ["--set", word]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                found += [{"cells": int(cells), "recipe": recipe, "seed": seed, **row} for row in recovered(run, cohort) + from_tables(run)]
    table = pd.DataFrame(found)
    summary = table.groupby(["cells", "recipe", "score"]).value.agg(["mean", "std"])
    text = summary.apply(lambda r: f"{r['mean']:.3f} ± {r['std']:.3f}", axis=1).unstack("score")
    print("| cells | recipe | " + " | ".join(text.columns) + " |\n|" + " --- |" * (2 + len(text.columns)))
    for (cells, recipe), row in text.iterrows():
        print(f"| {cells:,} | {recipe} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
