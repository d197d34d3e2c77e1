"""Networks that are taught types (training.supervision): what a run, its record and its words make of it."""

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from cplae_analysis.figures.run_folder import Run, Variant
from cplae_analysis.first_page import first_page
from program import refused, succeed
from test_report_parts import paper_run

STUDY = """
[study]
name = "taught"
{recipe}

[[modality]]
name = "T"
hidden = [20]

[[modality]]
name = "E"
hidden = [10]

[training]
latent_dim = 3
steps = 400
validate_every = 100
keep_best_after = 400

[labels]
column = "leaf"
{labels}

[[experiment]]
name = "cv"
kind = "kfold"
folds = 3
rare_classes = "spread"
{vary}
"""


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "demo.h5mu"
    succeed("simulate", "--preset", "demo", "--seed", 3, "--out", path)
    return path


def study(folder, recipe="", labels="", vary=""):
    path = folder / "taught.toml"
    path.write_text(STUDY.format(recipe=recipe, labels=labels, vary=vary))
    return path


def test_a_run_shows_the_measured_modalities_alone(cohort, tmp_path):
    """Variants with and without types beside one another; encoders that know types tell them better from genes."""
    words = [study(tmp_path, vary='vary."training.supervision" = [0, 5]'), "--data", cohort]
    assert "supervision: " in succeed("plan", *words).stdout
    done = succeed("run", *words, "--out", tmp_path / "run")
    assert "supervision: 1 of 2 variants are told" in done.stderr
    with h5py.File(tmp_path / "run/results.h5") as file:
        for variant in ("cv,supervision=0", "cv,supervision=5"):
            group = file["variants"][variant]
            assert set(group["latents"]) == {"T", "E"}
            assert group["latents/T"].shape == (3, file["cells"].size, 3)
    losses = pd.read_csv(tmp_path / "run/tables/losses.csv")
    assert not any("types" in column for column in losses.columns)
    accuracy = pd.read_csv(tmp_path / "run/tables/accuracy.csv").query("label == 'leaf'")
    assert set(accuracy.representation) == {"zT", "zE"}
    of_genes = accuracy[accuracy.representation == "zT"].groupby("variant").accuracy.mean()
    assert of_genes["cv,supervision=5"] > of_genes["cv,supervision=0"]
    assert "Supervised: cv,supervision=5 learnt the types" in first_page(Run(tmp_path / "run"))
    succeed("verify", tmp_path / "run")
    succeed("export", tmp_path / "run", "--to", tmp_path / "latents.h5mu", "--variant", "cv,supervision=5", "--fold", 0)
    new = md.read_h5mu(cohort)[:40].copy()
    new.write_h5mu(tmp_path / "new.h5mu")
    succeed("predict", tmp_path / "run", "--data", tmp_path / "new.h5mu", "--modality", "T", "--variant", "cv,supervision=5", "--out", tmp_path / "types.csv")


def exchange_held_out(leaf, held_out):
    """Labels in which held-out cells have those of one another, so that folds stay: a cell's fold is that of its rank within its type, so
    two cells exchange where none of either type lies between them."""
    leaf = leaf.copy()
    for a in held_out:
        for b in held_out[held_out > a]:
            between = leaf[a + 1 : b]
            if leaf[a] in between:
                break
            if leaf[a] != leaf[b] and leaf[b] not in between:
                leaf[a], leaf[b] = leaf[b], leaf[a]
                break
    return leaf


def test_held_out_types_say_nothing(cohort, tmp_path):
    data = md.read_h5mu(cohort)
    words = [study(tmp_path), "--set", "training.supervision=5", "--no-report"]
    succeed("run", *words, "--data", cohort, "--out", tmp_path / "run")
    with h5py.File(tmp_path / "run/results.h5") as file:
        split = file["variants/cv/split"][:]
        latents = {name: file["variants/cv/latents"][name][:] for name in ("T", "E")}
    leaf = data.obs["leaf"].astype(str).to_numpy()
    exchanged = exchange_held_out(leaf, np.flatnonzero(split[0] != 0))
    assert (exchanged != leaf).sum() > 50
    data.obs["leaf"] = pd.Categorical(exchanged)
    data.write_h5mu(tmp_path / "exchanged.h5mu")
    succeed("run", *words, "--data", tmp_path / "exchanged.h5mu", "--out", tmp_path / "other")
    with h5py.File(tmp_path / "other/results.h5") as file:
        assert np.array_equal(file["variants/cv/split"][:], split)
        for name, before in latents.items():
            now = file["variants/cv/latents"][name][:]
            assert np.array_equal(now[0], before[0], equal_nan=True)
            assert not np.array_equal(now[1], before[1], equal_nan=True)  # there they are training cells


def test_without_types_nothing_is_taught(cohort, tmp_path):
    words = [study(tmp_path), "--data", cohort, "--set", 'labels.column=""']
    bits = []
    for weight in (0, 5):
        done = succeed("run", *words, "--set", f"training.supervision={weight}", "--out", tmp_path / str(weight), "--no-report")
        assert ("1 of 1 variants are told no types" in done.stderr) == (weight > 0)
        with h5py.File(tmp_path / str(weight) / "results.h5") as file:
            bits.append(file["variants/cv/latents/T"][:])
    assert np.array_equal(*bits, equal_nan=True)


def test_a_run_from_before_the_key_was_made_without(cohort, tmp_path):
    """The recipe `predict` supervises, but its runs of earlier versions did not, and their text does not say so."""
    words = [study(tmp_path, recipe='recipe = "predict"'), "--data", cohort, "--out", tmp_path / "run", "--no-report"]
    succeed("run", *words, "--set", "training.supervision=0")
    text = tmp_path / "run/study.toml"
    lines = text.read_text().splitlines(keepends=True)
    text.write_text("".join(line for line in lines if not line.startswith("supervision")))
    assert len(text.read_text().splitlines()) == len(lines) - 1
    difference = refused("run", *words)
    assert "training.supervision" in difference and "3" in difference
    succeed("run", *words, "--set", "training.supervision=0")
    assert "supervision = 0" in text.read_text()


def test_the_first_page_says_who_was_taught_types(tmp_path):
    run = paper_run(tmp_path / "run")
    taught, apart, untaught, baseline = (
        Variant(f"cross_validation,{setting}", "cross_validation", "", setting.startswith("baseline"))
        for setting in ("lambda=1,supervision=3", "lambda=0,supervision=3", "lambda=1,supervision=0", "baseline=ridge")
    )
    run.study["labels"] = {"column": "leaf"}
    run.study["training"] = {"supervision": 3}
    assert [run.is_supervised(variant) for variant in (taught, apart, untaught, baseline)] == [True, False, False, False]
    run.study["training"] = {"supervision": 0}
    assert run.is_supervised(taught) and not run.is_supervised(Variant("cross_validation,lambda=1", "cross_validation", "", False))
    run.study["labels"] = {"column": ""}
    assert not run.is_supervised(taught)
    run.study["labels"] = {"column": "family"}  # of which there is one
    assert not run.is_supervised(taught)
