"""Predictions that cannot be made: wrong words, foreign cells, run folders that lack something."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np
from bad_cases import CASES, case
from program import make_modalities, make_mudata, study_text, succeed


@functools.lru_cache
def trained():
    """A small run, made once: modalities one and two, labels `cell class`."""
    folder = Path(tempfile.mkdtemp(prefix="cplae_predict_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "own.toml").write_text(study_text(["one", "two"]))
    make_mudata(make_modalities(["one", "two"])).write_h5mu(folder / "data.h5mu")
    succeed("run", folder / "own.toml", "--data", folder / "data.h5mu", "--out", folder / "run", "--quiet")
    return folder / "run"


def new_cells(folder, change=None, name="two"):
    made = make_modalities(["one", "two"], cells=20, seed=3)[name]
    if change:
        change(made)
    made.write_h5ad(folder / "new.h5ad")
    return folder / "new.h5ad"


def words(folder, *more, modality="two", out="p.h5mu", change=None, checked=False):
    """Without checksums of the tables, by which most of what is wrong here would be found first; `checked`: with them."""
    shutil.copytree(trained(), folder / "run")
    if not checked:
        (folder / "run/tables/SHA256SUMS").unlink()
    more = [folder / "run/tables/own.csv" if word == "TABLE" else word for word in more]
    return ["predict", folder / "run", "--data", new_cells(folder, change), "--modality", modality, "--out", folder / out, *more]


def plain(name, **how):
    more = how.pop("more", [])

    @case(name)
    def _(folder, tiny):
        return words(folder, *more, **how)


plain("prediction of an unknown modality", modality="tow")
plain("prediction of a modality given twice", more=["--modality", "two"])
plain("prediction from modalities of which one is not there", more=["--modality", "one"])
plain("prediction from a kind of input of another modality", more=["--input", "one=as_trained"])
plain("prediction from two kinds of input", more=["--input", "two=raw", "--input", "two=as_trained"])
plain("prediction by an unknown variant", more=["--variant", "fold"])
plain("prediction of unknown labels", more=["--label", "cell clas"])
plain("prediction of a label given twice", more=["--label", "cell class", "--label", "cell class"])
plain("prediction among the run's own tables", out="run/tables/cells.csv", more=["--force"])
plain("prediction with a table among the run's own", more=["--table", "TABLE"])
plain("prediction from an unknown kind of input", more=["--input", "counts"])
plain("prediction into a file of another kind", out="p.h5ad")
plain("prediction from counts of what has no counts", more=["--input", "raw"])


def shifted(made):
    made.X = made.X * 8 - 65


def renamed(made):
    made.var_names = [f"gene{i}" if i % 2 else name for i, name in enumerate(made.var_names)]
    made.var_names = ["gene0", *made.var_names[1:]]


plain("prediction from values of other units", change=shifted)
plain("prediction from other features", change=renamed)


@case("prediction from no run")
def _(folder, tiny):
    return ["predict", folder, "--data", new_cells(folder), "--modality", "two", "--out", folder / "p.h5mu"]


@case("prediction from a run without networks")
def _(folder, tiny):
    made = words(folder)
    (folder / "run/results.h5").unlink()
    return made


@case("prediction over a file that is there")
def _(folder, tiny):
    (folder / "p.h5mu").write_bytes(b"mine")
    return words(folder)


@case("prediction over the new data")
def _(folder, tiny):
    made = words(folder)
    made[made.index("--data") + 1] = shutil.copy(folder / "new.h5ad", folder / "p.h5mu")
    return [*made, "--force"]


@case("prediction whose table is the prediction")
def _(folder, tiny):
    return words(folder, "--table", folder / "p.csv", out="p.csv")


@case("prediction from a file of other modalities")
def _(folder, tiny):
    made = words(folder)
    make_mudata(make_modalities(["three", "four"])).write_h5mu(folder / "other.h5mu")
    made[made.index("--data") + 1] = folder / "other.h5mu"
    return made


@case("prediction from a run of an earlier version")
def _(folder, tiny):
    made = words(folder)
    (folder / "run/tables/inputs.csv").unlink()
    return made


@case("prediction from a run of other features")
def _(folder, tiny):
    made = words(folder)
    table = folder / "run/tables/inputs.csv"
    table.write_text(table.read_text().replace("f1_3", "f1_7"))
    return made


@case("prediction from a run with a short table")
def _(folder, tiny):
    made = words(folder)
    table = folder / "run/tables/inputs.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    return made


@case("prediction from a run whose table is a pipe")
def _(folder, tiny):
    made = words(folder)
    (folder / "run/tables/cells.csv").unlink()
    os.mkfifo(folder / "run/tables/cells.csv")
    return made


@case("prediction from a run of other cells")
def _(folder, tiny):
    made = words(folder)
    table = folder / "run/tables/cells.csv"
    table.write_text(table.read_text().replace("neuron 007", "neuron 700"))
    return made


@case("prediction from a run with a changed table")
def _(folder, tiny):
    made = words(folder, checked=True)
    table = folder / "run/tables/held_out.csv"
    table.write_text(table.read_text().replace("0", "1", 1))
    return made


@case("prediction from a run whose checksums name no table")
def _(folder, tiny):
    made = words(folder, checked=True)
    (folder / "run/tables/SHA256SUMS").write_text("")
    return made


@case("prediction from changed weights")
def _(folder, tiny):
    made = words(folder)
    with h5py.File(folder / "run/results.h5", "r+") as file:
        file["variants/folds/weights/parameters"][0, :50] *= 3
    return made


@case("prediction from the results of another seed")
def _(folder, tiny):
    made = words(folder)
    study = folder / "run/study.toml"
    study.write_text(study.read_text().replace("seed = 0", "seed = 1"))
    return made


def vast(made):
    made.X[3] = np.where(np.arange(made.n_vars) % 2, 3e38, -3e38)


plain("prediction from values beyond all numbers", change=vast, more=["--input", "as_trained"])


@case("prediction over the run's own data")
def _(folder, tiny):
    made = words(folder)
    record = folder / "run/provenance.json"
    shutil.copy(trained().parent / "data.h5mu", folder / "mine.h5mu")
    record.write_text(record.read_text().replace(str(trained().parent / "data.h5mu"), str(folder / "mine.h5mu")))
    return [*(word if word != folder / "p.h5mu" else folder / "mine.h5mu" for word in made), "--force"]


@case("labels whose columns are one")
def _(folder, tiny):
    made = words(folder)
    table = folder / "run/tables/cells.csv"
    head, *rows = table.read_text().splitlines()
    table.write_text("\n".join([head + ",cell class_agreement", *(row + ",a" for row in rows)]) + "\n")
    return [*made, "--label", "cell class", "--label", "cell class_agreement"]


@case("export among the run's own tables")
def _(folder, tiny):
    shutil.copytree(trained(), folder / "run")
    return ["export", folder / "run", "--to", folder / "run/tables/cells.csv"]


__all__ = ["CASES"]
