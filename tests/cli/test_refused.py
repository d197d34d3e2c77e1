"""Bad input: exit 2 (1 where the file system fails), one line that names it, nothing written. `run` and `plan` make the same checks."""

import shutil

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from program import SMOKE, copy_of, make_modalities, make_mudata, random_modality, refused, study_text

LABELS = "cell class"


def own_study(folder, names=("one", "two"), **more):
    path = folder / "own.toml"
    path.write_text(study_text(names, **more))
    return path


def refuse(study, data, folder, *more, code=2, names=()):
    """By run, and by plan where the data are to blame; no run folder is left."""
    out = folder / "run"
    sources = [word for path in ([data] if not isinstance(data, list) else data) for word in ("--data", path)]
    line = refused("run", study, *sources, "--out", out, *more, code=code, names=names)
    assert not out.exists()
    refused("plan", study, *sources, *more, code=code, names=names)
    return line


def written(folder, modalities, **more):
    path = folder / "data.h5mu"
    make_mudata(modalities, **more).write_h5mu(path)
    return path


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ("labels.column=lefa", ["lefa", "leaf"]),
        ("labels.column=family", ["family", "leaf of the taxonomy"]),
        ("study.name=\udcff", ["--set", "UTF-8"]),
        ("training.steps=1e3", ["training.steps", "found 1000.0, expected a whole number"]),
        ("labels.also=[\"famly\"]", ["famly", "family"]),
        ("experiment.cross_validation.folds=100", ["experiment.cross_validation.folds", "100", "smallest usable class"]),
        ("experiment.cross_validation.folds=1", ["experiment.cross_validation.folds", "1"]),
        ("experiment.cross_validaton.folds=3", ["cross_validaton", "cross_validation"]),
        ("training.stpes=10", ["training.stpes", "training.steps"]),
        ("training.steps=many", ["training.steps", "many"]),
        ("training.steps=-5", ["training.steps", "-5"]),
        ("training.latent_dim=2.5", ["training.latent_dim", "2.5"]),
        ("training.learning_rate=nan", ["training.learning_rate", "nan"]),
        ("modality.E.dropout=1.0", ["modality.E.dropout", "1"]),
        ("modality.X.dropout=0.1", ["modality", "X"]),
        ("coupling.scale=sqrt", ["coupling.scale", "sqrt", "min_singular_value"]),
        ("experiment.cross_validation.pc_cca=[[4, 400]]", ["pc_cca", "400"]),
        ("experiment.consensus.components=[5, 3]", ["components"]),
        ("experiment.consensus.components=[5, 65536]", ["components", "65536"]),
        ("experiment.consensus.test_fraction=0", ["test_fraction"]),
        ("trainingsteps", ["trainingsteps", "="]),
        ("=3", ["=3"]),
    ],
)
def test_overrides(override, names, tiny, tmp_path):
    refuse(SMOKE, tiny, tmp_path, "--set", override, names=names)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("[training]\nstpes = 3\n", ["stpes", "training.steps"]),
        ("[traning]\nsteps = 3\n", ["traning", "training"]),
        ('[[experiment]]\nname = "a b"\n', ["experiment", "a b"]),
        ("[training]\nsteps = \n", ["own.toml"]),
        ('[[modality]]\nname = "T"\n', ["modality.T", "two of this name"]),
        ("[coupling]\nlambda = true\n", ["coupling.lambda", "true"]),
    ],
    ids=lambda value: str(value).replace("\n", " "),
)
def test_study_files(line, names, tiny, tmp_path):
    study = tmp_path / "own.toml"
    study.write_text(line + '[[modality]]\nname = "T"\n[[experiment]]\nname = "e"\n')
    # Short, should it be taken after all.
    refuse(study, tiny, tmp_path, "--set", "training.steps=500", names=names)


def test_missing_files(tiny, tmp_path):
    refuse(SMOKE, tmp_path / "none.h5mu", tmp_path, names=["none.h5mu"])
    refuse(tmp_path / "none.toml", tiny, tmp_path, names=["none.toml"])
    refuse(SMOKE, tmp_path, tmp_path, names=[tmp_path, "folder"])
    refuse(tmp_path, tiny, tmp_path, names=[tmp_path, "folder"])


def test_no_hdf5_file(tiny, tmp_path):
    (tmp_path / "notes.h5mu").write_text("not HDF5\n" * 200)
    refuse(SMOKE, tmp_path / "notes.h5mu", tmp_path, names=["notes.h5mu"])
    (tmp_path / "empty.h5mu").touch()
    refuse(SMOKE, tmp_path / "empty.h5mu", tmp_path, names=["empty.h5mu"])
    torn = copy_of(tiny, tmp_path, "torn.h5mu")
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    refuse(SMOKE, torn, tmp_path, names=["torn.h5mu"])


def test_hdf5_file_of_another_kind(tmp_path):
    with h5py.File(tmp_path / "else.h5mu", "w") as file:
        file["numbers"] = np.arange(3)
    refuse(SMOKE, tmp_path / "else.h5mu", tmp_path, names=["else.h5mu"])


def test_unknown_modality(tiny, tmp_path):
    refuse(own_study(tmp_path, ["T", "Ee"], column="leaf"), tiny, tmp_path, names=["Ee", "T, E"])


def test_missing_label_column(tmp_path):
    data = written(tmp_path, make_modalities(["one", "two"]))
    refuse(own_study(tmp_path, column="cell clas"), data, tmp_path, names=["cell clas", LABELS])


def test_modality_without_shared_cells(tmp_path):
    rng = np.random.default_rng(0)
    apart = {
        name: random_modality(rng, [f"{name}{i}" for i in range(40)], 5, name) for name in ("one", "two")
    }
    data = written(tmp_path, apart)
    refuse(own_study(tmp_path), data, tmp_path, names=["one", "two", "no cell"])


def test_too_few_shared_cells(tmp_path):
    modalities = make_modalities(["one", "two"])
    modalities["two"] = modalities["two"][:3].copy()
    refuse(own_study(tmp_path), written(tmp_path, modalities), tmp_path, names=["two"])


def test_repeated_cell_names(tmp_path):
    modality = make_modalities(["one"])["one"]
    modality.obs_names = ["twin", "twin", *modality.obs_names[2:]]
    modality.write_h5ad(tmp_path / "one.h5ad")
    study = own_study(tmp_path, ["one"], column="")
    refuse(study, tmp_path / "one.h5ad", tmp_path, names=["one.h5ad", "twin"])


def test_repeated_feature_names(tmp_path):
    modality = make_modalities(["one"])["one"]
    modality.var_names = ["Sst", "Sst", *modality.var_names[2:]]
    modality.write_h5ad(tmp_path / "one.h5ad")
    refuse(own_study(tmp_path, ["one"], column=""), tmp_path / "one.h5ad", tmp_path, names=["one.h5ad", "Sst"])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_feature_without_usable_values(value, tmp_path):
    modalities = make_modalities(["one", "two"])
    modalities["two"].X[:, 1] = value
    data = written(tmp_path, modalities)
    refuse(own_study(tmp_path), data, tmp_path, names=["two", "f1_1"])


def test_text_in_x(tmp_path):
    data = written(tmp_path, make_modalities(["one", "two"]))
    with h5py.File(data, "r+") as file:
        shape = file["mod/two/X"].shape
        del file["mod/two/X"]
        file["mod/two/X"] = np.full(shape, "high", dtype=h5py.string_dtype())
        file["mod/two/X"].attrs["encoding-type"] = "string-array"
        file["mod/two/X"].attrs["encoding-version"] = "0.2.0"
    refuse(own_study(tmp_path), data, tmp_path, names=["two", "X"])


def test_negative_counts(tmp_path):
    data = written(tmp_path, make_modalities(["one", "two"]))
    more = ["--set", "modality.one.transform=log_cpm"]
    refuse(own_study(tmp_path), data, tmp_path, *more, names=["one", "f0_"])


def test_no_labels_at_all(tmp_path):
    made = make_mudata(make_modalities(["one", "two"]))
    made.obs[LABELS] = pd.Categorical([None] * made.n_obs, categories=["alpha"])
    made.write_h5mu(tmp_path / "data.h5mu")
    refuse(own_study(tmp_path), tmp_path / "data.h5mu", tmp_path, names=[LABELS])


def test_sources_that_do_not_fit(tiny, tmp_path):
    refuse(SMOKE, f"T={tiny}", tmp_path, names=["T", "several modalities"])
    refuse(SMOKE, [tiny, copy_of(tiny, tmp_path)], tmp_path, names=["tiny.h5mu"])
    refuse(SMOKE, "T=", tmp_path, names=["T="])


def test_run_folders_that_cannot_be_used(tiny, tmp_path):
    (tmp_path / "file").touch()
    refused("run", SMOKE, "--data", tiny, "--out", tmp_path / "file", names=[tmp_path / "file"])
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    refused("run", SMOKE, "--data", tiny, "--out", other, names=[other])
    refused("run", SMOKE, "--data", tiny, "--out", "", names=["--out", "empty"], cwd=tmp_path)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]


def test_unwritable_folder(tiny, tmp_path):
    """A folder below a file cannot be made, not even by root."""
    (tmp_path / "file").touch()
    refused("run", SMOKE, "--data", tiny, "--out", tmp_path / "file" / "run", names=[tmp_path / "file", "no folder"])


def test_device(tiny, tmp_path):
    words = ["run", SMOKE, "--data", tiny, "--out", tmp_path / "run"]
    refused(*words, "--device", "tpu", names=["--device", "tpu", "cuda"])
    if not shutil.which("nvidia-smi"):
        refused(*words, "--device", "cuda", names=["--device cuda"])
    assert not (tmp_path / "run").exists()


def test_precision_that_the_device_lacks(tiny, tmp_path):
    more = ["--device", "cpu", "--set", "training.precision=tf32"]
    refuse(SMOKE, tiny, tmp_path, *more, names=["training.precision", "tf32", "GPU"])


def test_error_is_told_once_by_two_ranks(tiny, tmp_path):
    words = ["run", SMOKE, "--data", tiny, "--out", tmp_path / "run", "--set", "labels.column=lefa"]
    refused(*words, ranks=2, names=["lefa"])
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("stage", ["evaluate", "reduce"])
def test_stages_that_come_too_early(stage, tiny, tmp_path):
    refused(stage, SMOKE, "--data", tiny, "--out", tmp_path / "run", names=[tmp_path / "run", "cplae train"])
    assert not (tmp_path / "run").exists()


def test_status_and_export_of_no_run(tiny, tmp_path):
    refused("status", tmp_path, names=[tmp_path, "no run folder"])
    refused("status", tmp_path / "none", names=["none"])
    refused("export", tmp_path, "--to", tmp_path / "a.h5mu", names=[tmp_path, "no run folder"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--ranks", "0"], ["--gflops", "0"], ["--gflops", "-1"]], ids=" ".join)
def test_plan_refuses(words, tiny):
    refused("plan", SMOKE, "--data", tiny, *words, names=words[:1])


def test_h5ad_under_a_name_that_the_study_does_not_have(tmp_path):
    ad.AnnData(np.ones((30, 3), dtype=np.float32)).write_h5ad(tmp_path / "x.h5ad")
    refuse(own_study(tmp_path, ["one"], column=""), tmp_path / "x.h5ad", tmp_path, names=["one", "x"])
