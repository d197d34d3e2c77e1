"""Columns that `cplae export` puts into the modalities, as mudata's push_obs does; and an export of what was exported before."""

import anndata as ad
import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import make_modalities, make_mudata, refused, study_text, succeed

MODALITIES = ("T", "E", "M")
REPEATS = 'kind = "repeats"\ninitialisations = 2\n'
MIXTURES = f'[[experiment]]\nname = "again"\n{REPEATS}components = [2, 3]\nstarts = 2\n'
# Of no type that a Dataset has; the layers' sequence is neither that of their names nor that of the cells.
LAYERS = ["L6", "L2", "L5"]


def typed_columns(count):
    rng = np.random.default_rng(3)
    number, missing = rng.integers(0, 3, count), rng.random(count) < 0.2
    layer = pd.Series(np.array(LAYERS)[number], dtype=pd.CategoricalDtype([*LAYERS, "L1"], ordered=True))
    return {
        "is fast": number == 1,
        "depth": number.astype(np.int32),
        "rounds": pd.array(np.where(missing, None, number), dtype="Int64"),
        "is old": pd.array(np.where(missing, None, number == 2), dtype="boolean"),
        "layer": layer.mask(missing).array,
        "T:batch": pd.Categorical(np.where(missing, None, number.astype(str))),
        "weight": rng.normal(size=count).astype(np.float32),
        "donor": pd.Series([f"d{n}" for n in number], dtype=object).array,
    }


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Not all cells have E and M; M is no part of the study."""
    data = make_mudata(make_modalities(MODALITIES, cells=90, lacking=0.25))
    for name, column in typed_columns(data.n_obs).items():
        data.obs[name] = column
    path = tmp_path_factory.mktemp("cohort") / "data.h5mu"
    data.write_h5mu(path)
    return path


def run_on(data, folder, experiment, column="cell class"):
    (folder / "own.toml").write_text(study_text(["T", "E"], column=column, experiment=experiment))
    succeed("run", folder / "own.toml", "--data", data, "--out", folder / "run", "--quiet", "--no-report")
    return folder / "run"


@pytest.fixture(scope="module")
def exported(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    succeed("export", run_on(cohort, folder, 'kind = "kfold"\nfolds = 2\n' + MIXTURES), "--to", folder / "first.h5mu")
    return folder / "first.h5mu"


def test_columns_have_the_types_that_push_obs_gives_them(cohort, exported):
    """Flags, whole numbers, missing ones, categories with their order: to the last of it."""
    found, again = md.read_h5mu(exported), md.read_h5mu(cohort)
    again.obs = found.obs.copy()
    again.push_obs()
    for name in MODALITIES:
        own = found[name].obs
        assert set(own) == set(again[name].obs) and {"is fast", "layer", "cplae_role"} <= set(own)
        pd.testing.assert_frame_equal(own[again[name].obs.columns], again[name].obs)
        assert own["layer"].cat.ordered and list(own["layer"].cat.categories) == [*LAYERS, "L1"]
        kinds = {column: str(own[column].dtype) for column in ("is fast", "depth", "rounds", "is old", "weight")}
        assert kinds == {"is fast": "bool", "depth": "int32", "rounds": "Int64", "is old": "boolean", "weight": "float32"}
    assert "batch" in found["T"].obs and "batch" not in found["E"].obs


def test_categories_beside_their_column_are_found(cohort, tmp_path):
    """As anndata 0.7 kept them: the codes in the column, the categories of all columns in one place."""
    data = tmp_path / "data.h5mu"
    data.write_bytes(cohort.read_bytes())
    with h5py.File(data, "r+") as file:
        obs = file["obs"]
        column = ad.io.read_elem(obs["cell class"])
        del obs["cell class"]
        obs["cell class"] = column.codes
        obs["__categories/cell class"] = np.array(list(column.categories), dtype=object)
        obs["cell class"].attrs["categories"] = obs["__categories/cell class"].ref
    succeed("export", run_on(data, tmp_path, REPEATS), "--to", tmp_path / "out.h5mu")
    expected = md.read_h5mu(cohort).obs["cell class"]
    with h5py.File(tmp_path / "out.h5mu") as file:
        for name in MODALITIES:
            own = ad.io.read_elem(file[f"mod/{name}/obs"])["cell class"]
            assert list(own) == list(expected[own.index])


def name_rows(path, name):
    """The row names of T's cells under a name of their own, as pandas has them after set_index."""
    with h5py.File(path, "r+") as file:
        obs = file["mod/T/obs"]
        obs.move(obs.attrs["_index"], name)
        obs.attrs["_index"] = name


def test_row_names_are_not_replaced_by_a_column_of_their_name(cohort, tmp_path):
    data = md.read_h5mu(cohort)
    cells = list(data["T"].obs_names)
    data.obs["cell_id"] = pd.Categorical(["x"] * data.n_obs)
    data.write_h5mu(tmp_path / "data.h5mu")
    name_rows(tmp_path / "data.h5mu", "cell_id")
    succeed("export", run_on(tmp_path / "data.h5mu", tmp_path, REPEATS), "--to", tmp_path / "out.h5mu")
    with h5py.File(tmp_path / "out.h5mu") as file:
        table = ad.io.read_elem(file["mod/T/obs"])
        assert list(table.index) == cells and table.index.name == "cell_id" and "cell_id" not in table
        assert set(ad.io.read_elem(file["mod/E/obs"])["cell_id"]) == {"x"}


def test_a_column_of_the_export_does_not_replace_row_names(cohort, tmp_path):
    data = tmp_path / "data.h5mu"
    data.write_bytes(cohort.read_bytes())
    name_rows(data, "cplae_role")
    run = run_on(data, tmp_path, REPEATS)
    refused("export", run, "--to", tmp_path / "out.h5mu", names=["mod/T/obs", "'cplae_role'", "row names"])
    assert not (tmp_path / "out.h5mu").exists()


def test_a_modality_outside_the_study_may_be_unreadable(cohort, tmp_path):
    """Of it only the cells are read, and its table of cells is added to."""
    data = tmp_path / "data.h5mu"
    data.write_bytes(cohort.read_bytes())
    with h5py.File(data, "r+") as file:
        del file["mod/M/var"], file["mod/M/X"]
    succeed("export", run_on(data, tmp_path, REPEATS), "--to", tmp_path / "out.h5mu")
    with h5py.File(tmp_path / "out.h5mu") as file:
        assert "cplae_role" in ad.io.read_elem(file["mod/M/obs"])


def added(data):
    """Everything in the file whose name is one of the export's."""
    names = [f"obs/{name}" for name in data.obs] + [f"obsm/{name}" for name in data.obsm]
    for modality in MODALITIES:
        own = data[modality]
        names += [f"{modality}/{name}" for part in (own.obs, own.obsm, own.layers) for name in part if name]
    return {name for name in names if "cplae" in name or "predicted" in name}


def test_nothing_of_an_earlier_export_is_left(exported, tmp_path):
    """A study without folds and clusters: what the first one says of them would be taken for its own."""
    first = md.read_h5mu(exported)
    assert {"T/cplae_fold", "E/cplae_cluster", "T/cplae_from_E", "M/cplae_role", "T/predicted_cell class_role"} <= added(first)
    first["T"].obs["predicted_age"] = 1.0  # of somebody else
    first.write_h5mu(tmp_path / "again.h5mu")
    run = run_on(tmp_path / "again.h5mu", tmp_path, REPEATS, column="layer")
    succeed("export", run, "--to", tmp_path / "out.h5mu", "--without-decoded")
    found = md.read_h5mu(tmp_path / "out.h5mu")
    types = {f"predicted_layer{ending}" for ending in ("", "_probability", "_role")}
    expected = {f"{name}/cplae_role" for name in ("obs", *MODALITIES)} | {"T/predicted_age"}
    expected |= {f"{place}/X_cplae_{name}" for name in "TE" for place in ("obsm", name)}
    expected |= {f"{name}/{one}" for name in "TE" for one in types} | {f"obs/{name}:{one}" for name in "TE" for one in types}
    assert added(found) - {"obs/T:predicted_age"} == expected
    assert set(first["T"].obs["layer"].dropna()) == set(found["T"].obs["layer"].dropna()), "what the user has is left"
    succeed("export", run, "--to", tmp_path / "out.csv", "--without-decoded")
    header = list(pd.read_csv(tmp_path / "out.csv", nrows=1))
    assert len(header) == len(set(header)) and [name for name in header if "cplae" in name] == ["cplae_role"]


def test_labels_of_the_study_stay_though_an_export_made_them(exported, tmp_path):
    run = run_on(exported, tmp_path, REPEATS, column="cplae_fold")
    succeed("export", run, "--to", tmp_path / "out.h5mu")
    first, found = md.read_h5mu(exported), md.read_h5mu(tmp_path / "out.h5mu")
    assert list(found.obs["cplae_fold"]) == list(first.obs["cplae_fold"]) and "predicted_cplae_fold" in found["T"].obs
    assert "cplae_cluster" not in found["T"].obs and "T:cplae_cluster" not in found.obs


@pytest.mark.parametrize(("name", "kind"), [("column", "h5mu"), ("also", "h5mu"), ("column", "csv")])
def test_a_label_column_is_not_replaced(cohort, tmp_path, name, kind):
    data = md.read_h5mu(cohort)
    data.obs["cplae_role"] = data.obs["cell class"]
    data.write_h5mu(tmp_path / "data.h5mu")
    text = study_text(["T", "E"], column="cplae_role" if name == "column" else "cell class", experiment=REPEATS)
    text = text.replace('column = "cell class"', 'column = "cell class"\nalso = ["cplae_role"]')
    (tmp_path / "own.toml").write_text(text)
    succeed("run", tmp_path / "own.toml", "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run", "--quiet")
    refused("export", tmp_path / "run", "--to", tmp_path / f"out.{kind}", names=["label column 'cplae_role'", "export adds"])
    assert not (tmp_path / f"out.{kind}").exists()


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Data that are an export, all of whose roles agree: they are read as one column, beside T:predicted_... and E:predicted_..."""
    folder = tmp_path_factory.mktemp("twice")
    make_mudata(make_modalities(["T", "E"], cells=90)).write_h5mu(folder / "data.h5mu")
    first = run_on(folder / "data.h5mu", folder, 'kind = "kfold"\nfolds = 2\n')
    succeed("export", first, "--to", folder / "first.h5mu")
    data = md.read_h5mu(folder / "first.h5mu")
    assert all(set(data[name].obs["predicted_cell class_role"]) == {"held_out"} for name in "TE")
    # As mudata's pull_obs leaves them: one column of what the modalities have alike.
    data.obs = data.obs.drop(columns=[f"{name}:predicted_cell class_role" for name in "TE"])
    data.obs["predicted_cell class_role"] = "held_out"
    data.write_h5mu(folder / "first.h5mu")
    return first, folder


def test_roles_that_agree_are_an_earlier_export_too(twice, tmp_path):
    _, folder = twice
    run = run_on(folder / "first.h5mu", tmp_path, REPEATS)
    succeed("export", run, "--to", tmp_path / "out.csv", "--without-decoded")
    header = list(pd.read_csv(tmp_path / "out.csv", nrows=1))
    types = [f"predicted_cell class{ending}_{name}" for name in "TE" for ending in ("", "_probability", "_role")]
    assert header == ["cell", "cell class", "cplae_role", *types, *(f"z_{name}_{i}" for name in "TE" for i in range(2))]
    succeed("export", run, "--to", tmp_path / "out.h5mu")
    assert "predicted_cell class_role" not in md.read_h5mu(tmp_path / "out.h5mu").obs


def test_predictions_do_not_keep_what_an_export_said(twice, tmp_path):
    run, folder = twice
    succeed("predict", run, "--data", folder / "first.h5mu", "--modality", "T", "--out", tmp_path / "p.h5mu")
    obs = md.read_h5mu(tmp_path / "p.h5mu").obs
    types = {f"predicted_cell class{ending}" for ending in ("", "_agreement", "_probability")}
    assert "cell class" in obs and {name for name in obs if "predicted_" in name or "cplae_" in name} == types
