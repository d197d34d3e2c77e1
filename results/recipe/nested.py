"""A nested search for recipes: no fold that is reported chose its own setting.

    python nested.py --data m1.h5mu --out FOLDER --for lean|predict [--jobs N]
    python nested.py --data motor_cortex.h5mu --out FOLDER --for three [--jobs N]

Outer: every setting on the folds of search.toml (three: search_three.toml, with morphology). Inner: for each outer fold a file of its training cells alone, on which
every setting is run again with one hold-out (a fifth of each type). The fold's setting is the one with the best inner
score; what is reported of the fold is that setting's outer scores. Finished runs are not done again.

The score is the mean of what the recipe is for: lean, the R2 of four directions, leaf and family accuracy from both latents
and 1 - FOSCTTM; predict, the R2 from T to E and from E to T; three, the R2 of all nine directions between single modalities,
leaf and family accuracy from zT and zE and 1 - FOSCTTM.
"""

import argparse
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import mudata
import pandas as pd
from settings import SETTINGS

HERE = Path(__file__).parent
SCORES = {
    "lean": ["E<-E", "E<-T", "T<-T", "T<-E", "zT leaf", "zE leaf", "zT family", "zE family", "1 - FOSCTTM"],
    "predict": ["E<-T", "T<-E"],
    "three": [
        "E<-E", "E<-T", "E<-M", "T<-T", "T<-E", "T<-M", "M<-M", "M<-T", "M<-E",
        "zT leaf", "zE leaf", "zT family", "zE family", "1 - FOSCTTM",
    ],
}
STUDIES = {"lean": HERE / "search.toml", "predict": HERE / "search.toml", "three": HERE / "search_three.toml"}


def run(data: Path, out: Path, words: list[str], study: Path) -> Path:
    command = ["cplae", "run", study, "--data", data, "--out", out, "--no-report", "--quiet"]
    for word in words:
        command += ["--set", word]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def scores(run_folder: Path, experiment: str = "cv") -> pd.DataFrame:
    """A row a fold (or initialisation) of an experiment with one variant, a column a score."""
    tables = {name: pd.read_csv(run_folder / "tables" / f"{name}.csv") for name in ("reconstruction", "accuracy", "matching")}
    tables = {name: table[table.variant == experiment] for name, table in tables.items()}
    columns = {}
    for (source, to), rows in tables["reconstruction"].groupby(["from", "to"]):
        columns[f"{to}<-{source}"] = rows.r2.to_numpy()
    for (label, latent), rows in tables["accuracy"].groupby(["label", "representation"]):
        columns[f"{latent} {label}"] = rows.accuracy.to_numpy()
    foscttm = tables["matching"].query("measure == 'foscttm'")
    columns["1 - FOSCTTM"] = 1 - foscttm.groupby(["fold", "init"], dropna=False).value.mean().to_numpy()
    return pd.DataFrame(columns)


def training_cells(run_folder: Path, data: Path, folder: Path) -> list[Path]:
    """A file of each fold's training cells."""
    with h5py.File(run_folder / "results.h5") as file:
        split = file["variants/cv/split"][:]
        names = file["cells"].asstr()[:]
    files = []
    for fold, roles in enumerate(split):
        path = folder / f"fold{fold}.h5mu"
        if not path.exists():
            cells = mudata.read_h5mu(data)
            cells[names[roles == 0]].copy().write(path)
        files.append(path)
    return files


def one_hold_out(study: Path, folder: Path) -> Path:
    """The study with one hold-out in place of its folds."""
    head = study.read_text().split("[[experiment]]")[0]
    path = folder / "inner.toml"
    path.write_text(head + '[[experiment]]\nname = "cv"\nkind = "repeats"\ninitialisations = 1\ntest_fraction = 0.2\n')
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--for", dest="aim", choices=SCORES, required=True)
    parser.add_argument("--jobs", type=int, default=1, help="runs at once (default 1)")
    options = parser.parse_args()
    wanted = SCORES[options.aim]
    settings = SETTINGS[options.aim]
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        outer = dict(zip(settings, pool.map(lambda s: scores(run(options.data, folder / "outer" / s, settings[s], STUDIES[options.aim])), settings)))
        files = training_cells(folder / "outer" / next(iter(settings)), options.data, folder)
        cases = [(fold, s) for fold in range(len(files)) for s in settings]
        study = one_hold_out(STUDIES[options.aim], folder)
        found = pool.map(lambda c: scores(run(files[c[0]], folder / f"inner{c[0]}" / c[1], settings[c[1]], study)), cases)
        inner = {case: table[wanted].mean(axis=1).iloc[0] for case, table in zip(cases, found)}

    chosen = [max(settings, key=lambda s: inner[fold, s]) for fold in range(len(files))]
    nested = pd.DataFrame([outer[s].iloc[fold] for fold, s in enumerate(chosen)])
    print("| setting | chosen in folds | " + " | ".join(wanted) + " |\n|" + " --- |" * (2 + len(wanted)))
    for name, table in {**outer, "nested": nested}.items():
        cells = [f"{table[c].mean():.3f} ± {table[c].std(ddof=1):.3f}" for c in wanted]
        print(f"| {name} | {Counter(chosen)[name] if name in settings else ''} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
