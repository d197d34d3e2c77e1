"""Runs settings of search.toml one after the other, and prints the mean and SD over folds of every headline score.

    python search.py --data m1.h5mu --out FOLDER [NAME...]

Runs that are finished are not done again. Without names: all settings.
"""

import argparse
import subprocess
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
FAST = ["training.learning_rate=3e-3"]
WIDE = ["modality.T.hidden=[100,100]", "modality.E.hidden=[80,80]"]
SETTINGS = {
    "as the paper, 4,000 steps": ["modality.T.output_bias=zero", "modality.E.output_bias=zero", "training.schedule=constant"],
    "output bias, cosine": [],
    "rate 3e-3": FAST,
    "weight decay 1": ["training.weight_decay=1"],
    "dropout of genes 0.7": ["modality.T.dropout=0.7"],
    "two hidden layers": ["modality.T.hidden=[50,50]", "modality.E.hidden=[40,40]"],
    "one hidden layer": ["modality.T.hidden=[100]", "modality.E.hidden=[40]"],
    "two hidden layers of 200 for genes": ["modality.T.hidden=[200,200]"],
    "lambda 5": ["coupling.lambda=5"],
    "decoders not augmented": ["coupling.augment_decoders=false"],
    "dropout of E 0.3": ["modality.E.dropout=0.3"],
    "noise of E 0.5": ["modality.E.noise_sd=0.5"],
    "rate 3e-3, wide": [*FAST, "modality.T.hidden=[100,100]", "modality.E.hidden=[50,50]"],
    "latent 16": ["training.latent_dim=16"],
    "latent 8, rate 3e-3, lambda 5": [*FAST, "training.latent_dim=8", "coupling.lambda=5"],
    "latent 8, rate 3e-3, wide": [*FAST, "training.latent_dim=8", *WIDE],
}
SCORES = ["r2 E<-E", "r2 E<-T", "r2 T<-T", "r2 T<-E", "foscttm E<-T"]


def scores_of(run: Path) -> str:
    table = pd.read_csv(run / "tables" / "summary.csv").set_index("metric")
    return " | ".join(f"{table.loc[score, 'mean']:.3f} ± {table.loc[score, 'sd']:.3f}" for score in SCORES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("names", nargs="*", choices=[[], *SETTINGS], metavar="NAME", help="; ".join(SETTINGS))
    options = parser.parse_args()
    print("| setting | " + " | ".join(SCORES) + " |\n|" + " --- |" * (1 + len(SCORES)))
    for name in options.names or SETTINGS:
        run = options.out / name.replace(" ", "_").replace(",", "")
        words = ["cplae", "run", HERE / "search.toml", "--data", options.data, "--out", run, "--no-report", "--quiet"]
        for setting in SETTINGS[name]:
            words += ["--set", setting]
        subprocess.run(words, check=True)
        print(f"| {name} | {scores_of(run)} |", flush=True)


if __name__ == "__main__":
    main()
