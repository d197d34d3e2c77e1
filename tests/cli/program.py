"""The program under test, and small cohorts written by Python's own packages; shared by the tests of this folder."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import anndata as ad
import mudata as md
import numpy as np
import pandas as pd

if hasattr(md, "set_options"):  # mudata 0.3 warns without it; later versions have made it the rule
    md.set_options(pull_on_update=False)

# Tests that are not of the report go without one: it takes longer than their runs.
os.environ.setdefault("CPLAE_PYTHON", "")

ROOT = Path(__file__).resolve().parents[2]
CPLAE = Path(os.environ["CPLAE_BIN_DIR"]) / "cplae"
SMOKE = ROOT / "jobs" / "smoke.toml"
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none"]


def command(*words, ranks=0):
    """The words of a call; `ranks` = 0 means without mpirun."""
    launcher = [*MPIRUN, "-n", str(ranks)] if ranks else []
    return [*launcher, str(CPLAE), *map(str, words)]


def call(*words, ranks=0, cwd=None):
    """Runs the program to its end; nothing is asserted."""
    return subprocess.run(command(*words, ranks=ranks), capture_output=True, text=True, cwd=cwd, timeout=900)


def succeed(*words, ranks=0, cwd=None):
    """Runs the program, which must exit 0."""
    done = call(*words, ranks=ranks, cwd=cwd)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def refused(*words, code=2, names=(), ranks=0, cwd=None):
    """Runs the program, which must exit with `code` after one line on standard error that holds all of `names`."""
    done = call(*words, ranks=ranks, cwd=cwd)
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    lines = [line for line in done.stderr.splitlines() if line.startswith("cplae: ")]
    assert len(lines) == 1, done.stderr
    if not ranks:  # mpirun adds words of its own, and MPI without it may: "[host:number] ..."
        others = [line for line in done.stderr.splitlines() if line not in lines and not re.match(r"\[[^ ]+:\d+\] ", line)]
        assert others == [], done.stderr
    for name in names:
        assert str(name) in lines[0], lines[0]
    return lines[0]


def random_modality(rng, cells, features, prefix):
    """An AnnData of standard normal numbers with a weak common factor, so that there is something to couple."""
    factor = rng.normal(size=(len(cells), 2)) @ rng.normal(size=(2, features))
    values = (factor + rng.normal(size=(len(cells), features))).astype(np.float32)
    return ad.AnnData(
        X=values,
        obs=pd.DataFrame(index=pd.Index(cells)),
        var=pd.DataFrame(index=pd.Index([f"{prefix}_{i}" for i in range(features)])),
    )


def make_modalities(names, cells=90, lacking=0.0, seed=0):
    """name -> AnnData, of 5 + position features; each cell lacks a modality but the first with chance `lacking`."""
    rng = np.random.default_rng(seed)
    all_cells = np.array([f"neuron {i:03d}" for i in range(cells)])
    modalities = {}
    for position, name in enumerate(names):
        keep = rng.random(cells) >= (lacking if position else 0)
        modalities[name] = random_modality(rng, all_cells[keep], 5 + position, f"f{position}")
    return modalities


def make_mudata(modalities, column="cell class", classes=("alpha", "beta", "gamma")):
    """The modalities as a MuData; classes by turns, as a categorical column of the global obs."""
    made = md.MuData(modalities)
    made.obs[column] = pd.Categorical([classes[i % len(classes)] for i in range(made.n_obs)])
    return made


def study_text(names, column="cell class", extra="", experiment='kind = "kfold"\nfolds = 2\n'):
    """A study of two hidden units and a few steps: runs in a second."""
    modalities = "".join(f'[[modality]]\nname = "{name}"\nhidden = [6]\n' for name in names)
    labels = f'[labels]\ncolumn = "{column}"\n' if column else ""
    training = "[training]\nlatent_dim = 2\nbatch = 24\nsteps = 20\nvalidate_every = 10\nkeep_best_after = 10\n"
    return f'[study]\nname = "own"\n{modalities}{training}{labels}[[experiment]]\nname = "folds"\n{experiment}{extra}'


def copy_of(source, folder, name="copy.h5mu"):
    """A copy that a test may damage."""
    return Path(shutil.copy(source, Path(folder) / name))
