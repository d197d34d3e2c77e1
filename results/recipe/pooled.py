"""Pooled R2 of a run's cross-validations: 1 - sum of squared errors / sum of squares about the training mean, all folds and features together.

    python pooled.py RUN

The sum of squares is the error of the baseline `mean`, which the study must have (`baselines` of the experiment).
It is of the cells that have both modalities: directions over other cells, as within one that others lack, are left out.
"""

import argparse
from pathlib import Path

import pandas as pd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    table = pd.read_csv(parser.parse_args().run / "tables" / "reconstruction.csv")
    table = table[table.fold.notna()]
    table["squares"] = table.mse * table.n_cells
    mean = table[table.variant.str.endswith("baseline=mean")].groupby(["experiment", "to", "fold"])[["squares", "n_cells"]].first()
    table = table.join(mean.rename(columns={"squares": "about_mean", "n_cells": "n_about"}), on=["experiment", "to", "fold"])
    table = table[table.n_cells == table.n_about]
    sums = table.groupby(["variant", "to", "from"])[["squares", "about_mean"]].sum()
    pooled = (1 - sums.squares / sums.about_mean).round(3).unstack(["to", "from"])
    pooled.columns = [f"{to}<-{source}" for to, source in pooled.columns]
    print(pooled.to_string())


if __name__ == "__main__":
    main()
