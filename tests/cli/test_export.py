"""What `cplae export` adds to the cells, computed again from results.h5, the tables and the data by NumPy and scikit-learn."""

import shutil

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import make_modalities, make_mudata, refused, study_text, succeed
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sums import seal

MODALITIES = ("T", "E", "M")
FOLDS = 3
RIDGE = 1e-2
EXPERIMENTS = """kind = "kfold"
folds = 3
[[experiment]]
name = "again"
kind = "repeats"
initialisations = 2
test_fraction = 0.25
components = [2, 3]
starts = 2
"""
# float32 networks; values of E are some 60 +- 7.
CLOSE = {"rtol": 1e-4, "atol": 1e-4}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """A third of the cells lack M, some E; E in units of its own; a second label column, and one of E alone."""
    path = tmp_path_factory.mktemp("cohort") / "data.h5mu"
    modalities = make_modalities(["T", "E", "M"], cells=120, lacking=0.25)
    modalities["E"].X = modalities["E"].X * 7 - 60
    modalities["E"].obs["rig"] = pd.Categorical(["left", "right"] * 60)[: modalities["E"].n_obs]
    data = make_mudata(modalities)
    data.obs["half"] = pd.Categorical(["up" if i % 2 else "down" for i in range(data.n_obs)])
    data.obs.loc[data.obs_names[:5], "cell class"] = np.nan
    data.write_h5mu(path)
    return path


@pytest.fixture(scope="module")
def run(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    text = study_text(MODALITIES, experiment=EXPERIMENTS).replace('column = "cell class"', 'column = "cell class"\nalso = ["half"]')
    (folder / "own.toml").write_text(text.replace('name = "E"\n', 'name = "E"\ntransform = "zscore"\n'))
    succeed("run", folder / "own.toml", "--data", cohort, "--out", folder / "run", "--quiet")
    return folder / "run"


@pytest.fixture(scope="module")
def fold(run, tmp_path_factory):
    """Network of fold 1, as .h5mu and as .csv."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("fold.h5mu", "fold.csv"):
        succeed("export", run, "--to", folder / name, "--fold", 1)
    return md.read_h5mu(folder / "fold.h5mu"), pd.read_csv(folder / "fold.csv", dtype={"cplae_fold": str}).set_index("cell")


@pytest.fixture(scope="module")
def results(run):
    """Splits and latents of the cross-validation, and what centres and scales E."""
    with h5py.File(run / "results.h5") as file:
        group = file["variants/folds"]
        latents = {name: group[f"latents/{name}"][...].astype(float) for name in MODALITIES}
        scaling = {name: [file[f"features_scaling/{name}/{what}"][...] for what in ("centre", "scale")] for name in MODALITIES}
        return file["cells"].asstr()[...], group["split"][...], latents, scaling


def test_role_and_fold_are_those_of_the_splits(fold, results):
    data, table = fold
    cells, split, _, _ = results
    assert list(data.obs_names) == list(cells)
    assert np.array_equal(data.obs["cplae_role"] == "held_out", split[1] != 0)
    assert np.array_equal(data.obs["cplae_fold"].astype(int), np.argmax(split != 0, axis=0))
    for name in ("cplae_role", "cplae_fold"):
        assert list(table[name]) == list(data.obs[name].astype(str))


def test_columns_are_in_every_modality_as_push_obs_puts_them(fold, cohort):
    data, _ = fold
    assert {"cell class", "half", "cplae_role", "T:predicted_half", "M:predicted_cell class"} <= set(data.obs)
    again = md.read_h5mu(cohort)
    again.obs = data.obs.copy()
    again.push_obs()
    for name in MODALITIES:
        assert set(data[name].obs) == set(again[name].obs)
        pd.testing.assert_frame_equal(data[name].obs[again[name].obs.columns], again[name].obs)
    assert "rig" in data["E"].obs and "rig" not in data["T"].obs, "what was one modality's stays its own"


def discriminant(latents, labels, role):
    """Types of all cells that have a latent: scikit-learn on the training cells of the classes that take part."""
    there = np.isfinite(latents).all(axis=1)
    names = [name for name in sorted(set(labels[there]) - {""}) if (labels[there] == name).sum() > 10]
    fitted = [name for name in names if ((labels == name) & there & (role == 0)).sum() >= 6]
    training = there & (role == 0) & np.isin(labels, fitted)
    model = QuadraticDiscriminantAnalysis(reg_param=RIDGE).fit(latents[training], labels[training])
    typed = np.full(len(labels), "", dtype=object)
    chance = np.full(len(labels), np.nan)
    typed[there] = model.predict(latents[there])
    chance[there] = model.predict_proba(latents[there]).max(axis=1)
    return typed, chance


@pytest.mark.parametrize("label", ["cell class", "half"])
@pytest.mark.parametrize("modality", MODALITIES)
def test_types_are_those_of_the_network_that_did_not_train_on_the_cell(fold, results, label, modality):
    data, table = fold
    cells, split, latents, _ = results
    labels = data.obs[label].astype(object).fillna("").to_numpy()
    expected = pd.DataFrame({"type": "", "chance": np.nan}, index=cells)
    for number in range(FOLDS):
        typed, chance = discriminant(latents[modality][number], labels, split[number])
        held_out = split[number] != 0
        expected.loc[held_out, "type"], expected.loc[held_out, "chance"] = typed[held_out], chance[held_out]
    own = data[modality].obs
    name = f"predicted_{label}"
    assert list(own[name].astype(object)) == list(expected.loc[own.index, "type"])
    # Posteriors of Gaussians in double precision.
    np.testing.assert_allclose(own[f"{name}_probability"], expected.loc[own.index, "chance"], rtol=1e-6)
    assert set(own[f"{name}_role"]) == {"held_out"}
    found = table[f"{name}_{modality}"].fillna("")
    assert list(found) == list(expected["type"]) and (found == "").sum() == len(cells) - len(own)


def test_cells_of_a_fold_that_failed_are_told_apart(run, results, fold, tmp_path):
    """Typed by the network that is exported, which trained on them; not decoded, and of no fold."""
    shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns("work"))
    with h5py.File(tmp_path / "run/results.h5", "r+") as file:
        replicates = file["variants/folds/replicate"]
        rows = replicates[:]
        rows["status"][0] = 1
        replicates[:] = rows
        for name in MODALITIES:
            file[f"variants/folds/latents/{name}"][0] = np.nan
    seal(tmp_path / "run/results.h5")
    done = succeed("export", tmp_path / "run", "--to", tmp_path / "out.h5mu", "--fold", 1)
    lost = results[1][0] != 0
    data = md.read_h5mu(tmp_path / "out.h5mu")
    lines = list(data.uns["cplae_export"])
    assert "types and decoded modalities of cells by the network of folds that did not train on it (2 of 3 folds; cplae_fold)" in lines
    assert any(line.startswith(f"{lost.sum()} of {len(lost)} cells are of folds that failed") and "folds,fold=1" in line for line in lines)
    assert all(line in done.stdout for line in lines) and not any("failed" in line for line in fold[0].uns["cplae_export"])
    assert np.array_equal(data.obs["cplae_fold"].astype(object).fillna("") == "", lost)
    for name, other in (("T", "E"), ("E", "M")):
        own = data[name]
        gone = own.obs_names.isin(results[0][lost])
        assert np.array_equal(own.obs["predicted_half_role"] == "training", gone)
        assert np.isnan(own.layers[f"cplae_from_{other}"][gone]).all()


def test_held_out_types_have_the_accuracy_of_the_table(fold, results, run):
    data, _ = fold
    accuracy = pd.read_csv(run / "tables/accuracy.csv")
    accuracy = accuracy[(accuracy["variant"] == "folds") & (accuracy["label"] == "half")]
    cells, split, _, _ = results
    accuracy = accuracy[accuracy["representation"].isin([f"z{m}" for m in MODALITIES])]
    assert len(accuracy) > 0
    for row in accuracy.itertuples():
        own = data[row.representation[1:]].obs
        own = own[own.index.isin(cells[split[int(row.fold)] != 0])]
        assert (own["predicted_half"].astype(str) == own["half"].astype(str)).mean() == pytest.approx(row.accuracy, abs=1e-12)


def test_decoded_modalities_have_the_errors_of_the_table(fold, results, run):
    """In units of the data: scaled as the networks see it, fold by fold, errors are those of reconstruction.csv."""
    data, table = fold
    cells, split, _, scaling = results
    reconstruction = pd.read_csv(run / "tables/reconstruction.csv")
    # What several modalities give together is not exported.
    reconstruction = reconstruction[(reconstruction["variant"] == "folds") & (reconstruction["from"] != reconstruction["to"]) & reconstruction["from"].isin(MODALITIES)]
    assert len(reconstruction) == FOLDS * 6
    for row in reconstruction.itertuples():
        target = data[row.to]
        centre, scale = scaling[row.to]
        decoded = target.layers[f"cplae_from_{row[reconstruction.columns.get_loc('from') + 1]}"]
        kept = target.obs_names.isin(cells[split[int(row.fold)] != 0]) & np.isfinite(decoded).all(axis=1)
        assert kept.sum() == row.n_cells
        error = ((target.X[kept] - centre) / scale - (decoded[kept] - centre) / scale) ** 2
        np.testing.assert_allclose(error.mean(), row.mse, rtol=1e-4)
        # The table holds cells that lack the decoded modality, too.
        of_table = table[[f"decoded_{row.to}_from_{row[reconstruction.columns.get_loc('from') + 1]}_{f}" for f in target.var_names]]
        np.testing.assert_array_equal(of_table.loc[target.obs_names].to_numpy(np.float32), decoded)


def test_decoded_cells_are_those_that_have_the_other_modality(fold):
    data, table = fold
    for source in MODALITIES:
        for target in set(MODALITIES) - {source}:
            has_source = data[target].obs_names.isin(data[source].obs_names)
            layer = data[target].layers[f"cplae_from_{source}"]
            assert np.array_equal(np.isfinite(layer).all(axis=1), has_source) and np.isnan(layer[~has_source]).all()
            column = table[f"decoded_{target}_from_{source}_{data[target].var_names[0]}"]
            assert np.array_equal(column.notna(), table.index.isin(data[source].obs_names))


def test_clusters_are_those_of_the_table(fold, run):
    data, table = fold
    clusters = pd.read_csv(run / "tables/consensus_cells.csv", dtype=str).set_index("cell")
    for name in MODALITIES:
        own = data[name].obs["cplae_cluster"].astype(str)
        assert list(own) == list(clusters.loc[own.index, f"cluster_z{name}"])
        expected = clusters.loc[table.index, f"cluster_z{name}"].astype(float)
        np.testing.assert_array_equal(table[f"cplae_cluster_{name}"], expected)
    assert any("again" in line and "cplae_cluster" in line for line in data.uns["cplae_export"])


def test_without_folds_the_network_s_own_training_cells_are_marked(cohort, tmp_path):
    """Only what it held out is decoded; types of the others are there, and named what they are."""
    repeats = EXPERIMENTS.split('[[experiment]]\nname = "again"\n')[1]
    (tmp_path / "own.toml").write_text(study_text(["T", "E"], column="half", experiment=repeats))
    succeed("run", tmp_path / "own.toml", "--data", cohort, "--out", tmp_path / "run", "--quiet")
    done = succeed("export", tmp_path / "run", "--to", tmp_path / "out.h5mu")
    assert "look better than they are" in done.stdout
    data = md.read_h5mu(tmp_path / "out.h5mu")
    held_out = data.obs["cplae_role"] == "held_out"
    assert "cplae_fold" not in data.obs and 0 < held_out.sum() < data.n_obs / 2
    for name, other in (("T", "E"), ("E", "T")):
        own = data[name].obs
        assert list(own["predicted_half_role"]) == list(own["cplae_role"]) and own["predicted_half"].notna().all()
        decoded = np.isfinite(data[name].layers[f"cplae_from_{other}"]).all(axis=1)
        assert np.array_equal(decoded, held_out[own.index] & own.index.isin(data[other].obs_names))
    assert "predicted_half" not in data["M"].obs and "cplae_role" in data["M"].obs


def test_files_of_one_modality_each_under_other_names(tmp_path):
    """The study's T is the data's `counts`: what is added stands under the data's names; without labels and decoded values."""
    modalities = make_modalities(["counts", "ephys"], cells=60)
    for name, modality in modalities.items():
        modality.write_h5ad(tmp_path / f"{name}.h5ad")
    text = study_text(["T", "E"], column="").replace('name = "T"\n', 'name = "T"\nsource = "counts"\n').replace('name = "E"\n', 'name = "E"\nsource = "ephys"\n')
    (tmp_path / "own.toml").write_text(text)
    data = ["--data", tmp_path / "counts.h5ad", "--data", tmp_path / "ephys.h5ad"]
    succeed("run", tmp_path / "own.toml", *data, "--out", tmp_path / "run", "--quiet")
    succeed("export", tmp_path / "run", "--to", tmp_path / "out.h5mu")
    found = md.read_h5mu(tmp_path / "out.h5mu")
    assert set(found["counts"].layers) - {None} == {"cplae_from_E"} and np.isfinite(found["counts"].layers["cplae_from_E"]).all()
    assert list(found["ephys"].obs) == ["cplae_role", "cplae_fold"]
    succeed("export", tmp_path / "run", "--to", tmp_path / "out.h5mu", "--without-decoded")
    assert not set(md.read_h5mu(tmp_path / "out.h5mu")["counts"].layers) - {None}
    refused("export", tmp_path / "run", "--to", tmp_path / "out.h5mu", "--decoded", names=["--decoded"])


def test_a_simulated_cohort_has_its_labels_in_every_modality(tiny):
    data = md.read_h5mu(tiny)
    for name in ("T", "E"):
        pd.testing.assert_frame_equal(data[name].obs, data.obs.loc[data[name].obs_names], check_names=False)


def test_scanpy_plots_a_modality_as_it_stands(fold):
    scanpy = pytest.importorskip("scanpy", reason="no scanpy: its plots of an exported file were NOT tried (pip install scanpy)")
    import matplotlib

    matplotlib.use("Agg")
    data, _ = fold
    for name in MODALITIES:
        axes = scanpy.pl.embedding(data[name], basis=f"X_cplae_{name}", color="predicted_half", show=False)
        assert {"up", "down"} <= {text.get_text() for text in axes.get_legend().get_texts()}
