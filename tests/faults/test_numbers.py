"""Numbers that go wrong: a network that turns non-finite harms no other and is named; data at the edge of what can be computed end in
numbers or in a named failure, never in a crash."""

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from harness import HERE, call_with, succeed
from program import call, make_mudata, refused



def study_file(folder, name, **changes):
    """The study of a second with lines replaced."""
    text = (HERE / "study.toml").read_text()
    for old, new in {"checkpoint_seconds": "", "pc_cca": "", **changes}.items():
        line = next(line for line in text.splitlines() if line.startswith(old + " "))
        text = text.replace(line, new, 1)
    path = folder / name
    path.write_text(text)
    return path


def run_words(study, cohort, out):
    return ["run", study, "--data", cohort, "--out", out, "--quiet"]


def variant_bytes(run, variant):
    """Every dataset of a variant as bytes."""
    found = {}
    with h5py.File(run / "results.h5") as file:
        group = file["variants"][variant]
        group.visititems(lambda name, item: found.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None)
    return found


def modality(values, prefix):
    cells = pd.Index([f"cell {i:03d}" for i in range(len(values))])
    names = pd.Index([f"{prefix}{i}" for i in range(values.shape[1])])
    return ad.AnnData(X=values.astype(np.float32), obs=pd.DataFrame(index=cells), var=pd.DataFrame(index=names))


def cohort_of(folder, t, e):
    path = folder / "cohort.h5mu"
    make_mudata({"T": modality(t, "g"), "E": modality(e, "f")}, column="leaf").write_h5mu(path)
    return path


def tame(rng, cells=90, features=8):
    return rng.normal(size=(cells, features))


@pytest.mark.parametrize("ranks", [0, 2])
def test_a_poisoned_network_is_frozen_and_named(tmp_path, ranks):
    """Noise of a million times the variance of a feature of 1e17 is beyond float32; without noise that feature does no harm."""
    rng = np.random.default_rng(1)
    cohort = cohort_of(tmp_path, tame(rng), tame(rng) * np.array([1e17, 1, 1, 1, 1, 1, 1, 1]))
    for name, more in (("clean", ""), ("sick", ", 1e6")):
        vary = f'folds = 2\nvary."modality.E.noise_sd" = [0{more}]'
        study = study_file(tmp_path, f"{name}.toml", folds=vary, noise_sd="noise_sd = 0", taxonomy="", classes="")
        done = call(*run_words(study, cohort, tmp_path / name), ranks=ranks)
        assert done.returncode == (3 if name == "sick" else 0), done.stderr
    sick = "folds,noise_sd_E=1000000"
    for replicate in (0, 1):
        assert f"network {sick},fold={replicate} failed: not finite before step 3" in done.stderr, done.stderr
    assert "2 of 5 networks failed" in done.stderr
    for variant in ("folds,noise_sd_E=0", "again"):
        assert variant_bytes(tmp_path / "sick", variant) == variant_bytes(tmp_path / "clean", variant)
    with h5py.File(tmp_path / "sick/results.h5") as file:
        group = file["variants"][sick]
        assert set(group["replicate"]["status"]) == {1} and np.isnan(group["latents/T"][()]).all()
    text = succeed("status", tmp_path / "sick").stdout
    assert "3 of 5 done, 2 failed, 0 left" in text and f"{sick},fold=1: not finite before step 3" in text
    succeed("verify", tmp_path / "sick")
    again = call(*run_words(tmp_path / "sick.toml", cohort, tmp_path / "sick"))
    assert again.returncode == 3 and "2 of 5 networks failed" in again.stderr


EDGES = {
    "constant columns": lambda rng: (np.column_stack([tame(rng), np.full((90, 3), 2.5)]), tame(rng)),
    "a constant modality": lambda rng: (tame(rng), np.full((90, 4), -1.0)),
    "one feature: latents of rank one": lambda rng: (tame(rng), tame(rng, features=1)),
    "two modalities that are one": lambda rng: (np.repeat(tame(rng, features=1), 6, axis=1),) * 2,
    "equal cells": lambda rng: (np.tile(tame(rng, cells=1), (90, 1)), np.tile(tame(rng, cells=1), (90, 1))),
    "values of 1e30": lambda rng: (tame(rng) * 1e30, tame(rng)),
    "one value of 1e30": lambda rng: (np.where(np.arange(720).reshape(90, 8) == 333, 1e30, tame(rng)), tame(rng)),
    "values of 1e-30": lambda rng: (tame(rng) * 1e-30, tame(rng)),
}


@pytest.mark.parametrize("edge", EDGES)
def test_edges_of_data(edge, tmp_path):
    """Ends with numbers (0) or with a named failure (3); what is written is whole, and the same from another number of ranks."""
    cohort = cohort_of(tmp_path, *EDGES[edge](np.random.default_rng(3)))
    study = study_file(tmp_path, "study.toml", taxonomy="", classes="", steps="steps = 60", validate_every="validate_every = 20")
    codes = {}
    for ranks in (0, 2):
        done = call(*run_words(study, cohort, tmp_path / str(ranks)), ranks=ranks)
        assert done.returncode in (0, 3), done.stderr
        assert done.returncode == 0 or " failed: " in done.stderr or "no statistics: " in done.stderr, done.stderr
        codes[ranks] = done.returncode
    assert codes[0] == codes[2]
    succeed("verify", tmp_path / "0")
    succeed("verify", tmp_path / "0", tmp_path / "2")


def doubles_of(folder, value):
    """A cohort of float64 with one such entry."""
    rng = np.random.default_rng(3)
    values = tame(rng)
    values[3, 2] = value
    path = cohort_of(folder, tame(rng), tame(rng))
    with h5py.File(path, "r+") as file:
        del file["mod/T/X"]
        made = file["mod/T"].create_dataset("X", data=values, dtype="f8")
        made.attrs["encoding-type"], made.attrs["encoding-version"] = "array", "0.2.0"
    return path


def test_a_double_that_no_float_holds(tmp_path):
    cohort = doubles_of(tmp_path, 1e300)
    study = study_file(tmp_path, "study.toml", taxonomy="", classes="")
    refused(*run_words(study, cohort, tmp_path / "run"), names=["/mod/T: cell 'cell 003', feature 'g2'", "beyond float32"])


@pytest.mark.parametrize("value", [3e38, -3e38])
def test_a_double_that_a_float_just_holds(value, tmp_path):
    """Its square does not: networks that meet it fail by name, and the run ends."""
    cohort = doubles_of(tmp_path, value)
    study = study_file(tmp_path, "study.toml", taxonomy="", classes="")
    done = call(*run_words(study, cohort, tmp_path / "run"), ranks=2)
    assert done.returncode == 3 and " failed: not finite before step " in done.stderr, done.stderr
    succeed("verify", tmp_path / "run")


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_that_cannot_be_coupled_is_refused(bench, tmp_path, batch):
    study = study_file(tmp_path, "study.toml", batch=f"batch = {batch}")
    refused(*run_words(study, bench.cohort, tmp_path / "run"), names=["training.batch", f"found {batch}", "expected"])


def test_a_batch_of_the_least_size(bench, tmp_path):
    study = study_file(tmp_path, "study.toml", batch="batch = 4")
    done = call(*run_words(study, bench.cohort, tmp_path / "run"))
    assert done.returncode in (0, 3), done.stderr
    succeed("verify", tmp_path / "run")


def test_more_components_than_cells(bench, tmp_path):
    """Refused before anything is done; as many as cells can be had."""
    many = study_file(tmp_path, "many.toml", components="components = [178, 182]")
    refused(*run_words(many, bench.cohort, tmp_path / "many"), names=["experiment.again.components", "found 182", "at most the 180 training cells"])
    assert not (tmp_path / "many").exists()
    most = study_file(tmp_path, "most.toml", components="components = [179, 180]")
    succeed(*run_words(most, bench.cohort, tmp_path / "most"))
    table = pd.read_csv(tmp_path / "most/tables/bic.csv")
    assert list(table["components"]) == [179, 180] and np.isfinite(table["bic"]).all()


def test_cells_of_few_values(tmp_path):
    """Covariances would be singular but for their floor: no start fails. Without the floor some do, and are counted: unit.stats."""
    rng = np.random.default_rng(5)
    kinds = rng.normal(size=(3, 6))
    cells = kinds[rng.integers(0, 3, 90)]
    cohort = cohort_of(tmp_path, cells, cells[:, :4] * 2)
    study = study_file(tmp_path, "study.toml", taxonomy="", classes="", components="components = [2, 6]", starts="starts = 6")
    done = call_with({}, run_words(study, cohort, tmp_path / "run"))
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "run/tables/bic.csv")
    assert len(table) == 5 and (table["failed_starts"] == 0).all() and np.isfinite(table["bic"]).all()
