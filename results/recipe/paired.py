"""Two runs with the same folds, measure by measure: mean difference over folds, with the interval of Nadeau and Bengio.

    python paired.py TABLES TABLES VARIANT [VARIANT]

TABLES are folders with reconstruction.csv, accuracy.csv and matching.csv; the second VARIANT (default: the first) is the second run's.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats


def measures(tables: Path, variant: str) -> pd.DataFrame:
    """A row a measure, a column a fold."""
    found = []
    for name, keys, value in (
        ("reconstruction", ["from", "to"], "r2"), ("accuracy", ["label", "representation", "n_classes"], "accuracy"), ("matching", ["measure", "from", "to"], "value"),
    ):
        table = pd.read_csv(tables / f"{name}.csv")
        table = table[(table.variant == variant) & table.fold.notna()]
        if name == "matching":
            table = table[table.measure == "foscttm"]
        table["measure"] = table[keys].astype(str).agg(" ".join, axis=1)
        found.append(table.pivot(index="measure", columns="fold", values=value))
    return pd.concat(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("variants", nargs="+")
    options = parser.parse_args()
    first, second = measures(options.first, options.variants[0]), measures(options.second, options.variants[-1])
    common = first.index.intersection(second.index)
    difference = (first.loc[common] - second.loc[common]).dropna(axis=1)
    folds = difference.shape[1]
    # Of one fold of k the test cells are 1 / (k - 1) of the training cells.
    error = np.sqrt(difference.var(axis=1, ddof=1) * (1 / folds + 1 / (folds - 1)))
    reach = stats.t.ppf(0.975, folds - 1) * error
    print("| measure | first | second | difference, 95 % interval |\n| --- | --- | --- | --- |")
    for measure in common:
        mean = difference.loc[measure].mean()
        print(f"| {measure} | {first.loc[measure].mean():.3f} | {second.loc[measure].mean():.3f} | {mean:+.3f} ({mean - reach[measure]:+.3f} to {mean + reach[measure]:+.3f}) |")


if __name__ == "__main__":
    main()
