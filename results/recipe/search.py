"""Runs settings one after the other, and prints the mean and SD over folds of every headline score.

    python search.py --data m1.h5mu --out FOLDER [NAME...]

Runs that are finished are not done again. Without names: all settings.
"""

import argparse
import subprocess
from pathlib import Path

import pandas as pd
from settings import ALONE

HERE = Path(__file__).parent
SCORES = ["r2 E<-E", "r2 E<-T", "r2 T<-T", "r2 T<-E", "foscttm E<-T"]


def scores_of(run: Path) -> str:
    table = pd.read_csv(run / "tables" / "summary.csv").set_index("metric")
    return " | ".join(f"{table.loc[score, 'mean']:.3f} ± {table.loc[score, 'sd']:.3f}" for score in SCORES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("names", nargs="*", choices=[[], *ALONE], metavar="NAME", help="; ".join(ALONE))
    options = parser.parse_args()
    print("| setting | " + " | ".join(SCORES) + " |\n|" + " --- |" * (1 + len(SCORES)))
    for name in options.names or ALONE:
        run = options.out / name.replace(" ", "_").replace(",", "")
        words = ["cplae", "run", HERE / "search.toml", "--data", options.data, "--out", run, "--no-report", "--quiet"]
        for setting in ALONE[name]:
            words += ["--set", setting]
        subprocess.run(words, check=True)
        print(f"| {name} | {scores_of(run)} |", flush=True)


if __name__ == "__main__":
    main()
