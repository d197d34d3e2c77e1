"""cplae verify --statistically: runs of other modalities, folds, data and settings, and what is said of them."""

import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from program import call, make_modalities, make_mudata, refused, study_text, succeed
from test_verify import verdicts


@pytest.fixture(scope="module")
def other_modalities(tmp_path_factory):
    """The same cells, folds and seed: T and E alone, and with a third modality that some cells lack."""
    folder = tmp_path_factory.mktemp("modalities")
    modalities = make_modalities(["T", "E", "M"], cells=120)
    modalities["M"] = modalities["M"][:80].copy()
    make_mudata(modalities).write_h5mu(folder / "data.h5mu")
    for name, used in (("two", ["T", "E"]), ("three", ["T", "E", "M"])):
        (folder / f"{name}.toml").write_text(study_text(used, experiment='kind = "kfold"\nfolds = 3\n'))
        succeed("run", folder / f"{name}.toml", "--data", folder / "data.h5mu", "--out", folder / name, "--quiet")
    (folder / "renamed.toml").write_text(study_text(["T", "E"]).replace('name = "folds"', 'name = "others"'))
    succeed("run", folder / "renamed.toml", "--data", folder / "data.h5mu", "--out", folder / "renamed", "--quiet")
    return folder


def test_a_study_with_one_more_modality(other_modalities):
    """What both have is compared fold by fold; the rest is named once; the total loss is of other terms."""
    two, three = other_modalities / "two", other_modalities / "three"
    with h5py.File(two / "results.h5") as one, h5py.File(three / "results.h5") as other:
        assert np.array_equal(one["variants/folds/split"][...], other["variants/folds/split"][...])
    text = call("verify", two, three, "--statistically").stdout
    found = verdicts(text)
    tables = [pd.read_csv(run / "tables/reconstruction.csv") for run in (two, three)]
    values = [t[(t["to"] == "E") & (t["from"] == "T")].sort_values("fold")["mse"].to_numpy() for t in tables]
    n, mean, sd, _, _ = found["folds, mse E<-T"]
    assert n == "3" and not any("M" in name for name in found) and "folds, loss validation total" not in found
    differences = values[1] - values[0]
    np.testing.assert_allclose([float(mean), float(sd)], [differences.mean(), differences.std(ddof=1)], rtol=1e-5)
    only, sums = [line for line in text.splitlines() if line.startswith("not compared")]
    assert str(three) in only and "M" in only and str(two) not in only
    assert "other terms" in sums and "'loss validation total' of folds" in sums
    back = call("verify", three, two, "--statistically").stdout
    assert float(verdicts(back)["folds, mse E<-T"][1]) == -float(mean)


def test_runs_with_nothing_in_common_are_bad_input(other_modalities):
    refused("verify", other_modalities / "two", other_modalities / "renamed", "--statistically", names=["two", "renamed", "no measure"])


def lines_after(text):
    """What is said below the list of measures."""
    return [line for line in text.splitlines() if line.startswith("not ")]


def test_it_is_said_where_folds_are_no_pairs(other_modalities, tmp_path):
    two, study, data = other_modalities / "two", other_modalities / "two.toml", other_modalities / "data.h5mu"
    again = tmp_path / "again"
    succeed("run", study, "--data", data, "--out", again, "--quiet", "--no-report", "--set", "training.steps=30")
    said = call("verify", two, again, "--statistically").stdout
    assert not any("paired" in line or "data" in line for line in lines_after(said)), "the same cells and folds"
    assert "foscttm E T" in {name.split(", ", 1)[1] for name in verdicts(said)}
    fewer = tmp_path / "fewer"
    succeed("run", study, "--data", data, "--out", fewer, "--quiet", "--no-report", "--set", "experiment.folds.folds=2")
    (line,) = [line for line in lines_after(call("verify", two, fewer, "--statistically").stdout) if "paired" in line]
    assert line == "not paired: other cells are held out in 2 of 2 folds or initialisations: fold 0 of folds, fold 1 of folds"


def test_it_is_said_where_data_differ(other_modalities, tmp_path):
    """A damaged results.h5 fails; without one, it is not known whether folds are pairs."""
    two = other_modalities / "two"
    copy = shutil.copytree(two, tmp_path / "copy")
    path = copy / "provenance.json"
    with h5py.File(copy / "results.h5") as file:
        sha256 = file.attrs["data_sha256"]
    path.write_text(path.read_text().replace(sha256, "0" * 64))
    assert lines_after(succeed("verify", two, copy, "--statistically").stdout) == [f"not of the same data: SHA-256 {sha256[:12]}... and {'0' * 12}..."]
    (copy / "results.h5").unlink()
    assert f"not known whether folds are pairs: {copy} has no results.h5" in succeed("verify", two, copy, "--statistically").stdout
    (copy / "results.h5").write_bytes(b"none")
    refused("verify", two, copy, "--statistically", code=1, names=["results.h5"])


def test_it_is_said_where_only_baselines_are_compared(tmp_path, other_modalities):
    for name, vary in (("one", "vary.\"coupling.lambda\" = [0.5, 1]\n"), ("other", "vary.\"coupling.lambda\" = [0.25, 2]\n")):
        text = study_text(["T", "E"], experiment=f'kind = "kfold"\nfolds = 3\nbaselines = ["ridge"]\n{vary}')
        (tmp_path / f"{name}.toml").write_text(text)
        succeed("run", tmp_path / f"{name}.toml", "--data", other_modalities / "data.h5mu", "--out", tmp_path / name, "--quiet", "--no-report")
    line = "not compared, any network: all measures are of baselines"
    assert line in succeed("verify", tmp_path / "one", tmp_path / "other", "--statistically").stdout.splitlines()
    assert line not in succeed("verify", tmp_path / "one", tmp_path / "one", "--statistically").stdout.splitlines()
