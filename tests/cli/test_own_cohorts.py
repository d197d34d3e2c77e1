"""Cohorts that Python's mudata and anndata wrote, under names that cplae does not know, with studies of their own."""

from itertools import combinations

import h5py
import mudata as md
import numpy as np
import pandas as pd
import pytest
from program import make_modalities, make_mudata, study_text, succeed

NAMES = ["rna-seq", "Patch.Clamp", "morphology_2", "A", "B", "C"]


def run_own(folder, names, data, variant=(), **study):
    (folder / "own.toml").write_text(study_text(names, **study))
    sources = [word for path in data for word in ("--data", path)]
    succeed("plan", folder / "own.toml", *sources)
    succeed("run", folder / "own.toml", *sources, "--out", folder / "run")
    succeed("export", folder / "run", "--to", folder / "latents.h5mu", *variant)
    return pd.read_csv(folder / "run/tables/reconstruction.csv"), md.read_h5mu(folder / "latents.h5mu")


@pytest.mark.parametrize("count", [1, 3, 6])
def test_any_number_of_modalities(count, tmp_path):
    """Every direction is scored, from several modalities too, and cells that lack a modality have no latents of it."""
    names = NAMES[:count]
    modalities = make_modalities(names, cells=120, lacking=0.15)
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    reconstruction, exported = run_own(tmp_path, names, [tmp_path / "data.h5mu"])
    subsets = [subset for size in range(2, count) for subset in combinations(names, size)]
    joint = {("+".join(subset), target) for subset in subsets for target in set(names) - set(subset)}
    assert len(joint) == {1: 0, 3: 3, 6: 6 * 26}[count]
    assert set(zip(reconstruction["from"], reconstruction["to"])) == {(a, b) for a in names for b in names} | joint
    for name, modality in modalities.items():
        everywhere = exported.obsm[f"X_cplae_{name}"]
        here = exported[name].obsm[f"X_cplae_{name}"]
        assert everywhere.shape == (120, 2) and here.shape == (modality.n_obs, 2)
        assert np.isfinite(here).all() and np.isfinite(everywhere).all(axis=1).sum() == modality.n_obs
        assert np.array_equal(everywhere[np.isfinite(everywhere[:, 0])], here)


def test_cells_of_which_nothing_was_measured_lack_the_modality(tmp_path):
    """The same networks and tables as where the file leaves them out; exported in the place that the file gives them."""
    modalities = make_modalities(["one", "two"], cells=120)
    lacking = modalities["two"].obs_names[5:25]
    blank = modalities["two"].copy()
    blank.X[5:25] = np.nan
    runs = {}
    for name, two in (("blank", blank), ("absent", modalities["two"][~modalities["two"].obs_names.isin(lacking)].copy())):
        runs[name] = tmp_path / name
        runs[name].mkdir()
        make_mudata({"one": modalities["one"], "two": two}).write_h5mu(runs[name] / "data.h5mu")
        (runs[name] / "own.toml").write_text(study_text(["one", "two"]))
    warnings = {name: succeed("run", run / "own.toml", "--data", run / "data.h5mu", "--out", run / "run").stderr for name, run in runs.items()}
    said = "modality two: no value of 20 cell(s)"
    assert said in warnings["blank"] and said not in warnings["absent"]
    for table in sorted((runs["absent"] / "run/tables").glob("*.csv")):
        assert table.read_bytes() == (runs["blank"] / "run/tables" / table.name).read_bytes(), table.name
    succeed("export", runs["blank"] / "run", "--to", tmp_path / "latents.h5mu")
    exported = md.read_h5mu(tmp_path / "latents.h5mu")["two"]
    empty = np.isnan(exported.obsm["X_cplae_two"]).all(axis=1)
    assert exported.obs_names[empty].tolist() == lacking.tolist()


def test_modalities_under_names_of_their_own(tmp_path):
    """Names with blanks, as of 10x Genomics, cannot stand in ids; a study gives the modality another."""
    modalities = make_modalities(["Gene Expression", "ATAC peaks", "one"])
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    text = study_text(["one", "two"])
    text = text.replace('name = "one"\n', 'name = "one"\nsource = "Gene Expression"\n').replace('name = "two"\n', 'name = "two"\nsource = "ATAC peaks"\n')
    (tmp_path / "own.toml").write_text(text)
    succeed("run", tmp_path / "own.toml", "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run", ranks=2)
    with h5py.File(tmp_path / "run/results.h5") as results:
        assert sorted(results["features"]) == ["one", "two"]
        found = results["features/one"][:].astype(str).tolist()
    assert found == modalities["Gene Expression"].var_names.tolist()
    succeed("export", tmp_path / "run", "--to", tmp_path / "latents.h5mu")
    exported = md.read_h5mu(tmp_path / "latents.h5mu")
    assert np.array_equal(exported["Gene Expression"].obsm["X_cplae_one"], exported.obsm["X_cplae_one"])
    assert "X_cplae_two" in exported["ATAC peaks"].obsm and not exported["one"].obsm


@pytest.mark.parametrize(
    ("classes", "words"),
    [(["same"], "every labelled cell is \"same\""), ([f"cell {i}" for i in range(90)], "0 of its 90 classes have more than 10 cells")],
)
def test_labels_that_say_nothing_are_named(classes, words, tmp_path):
    make_mudata(make_modalities(["x", "y"]), classes=classes).write_h5mu(tmp_path / "data.h5mu")
    (tmp_path / "own.toml").write_text(study_text(["x", "y"]))
    assert words in succeed("run", tmp_path / "own.toml", "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run").stderr


def test_without_labels(tmp_path):
    make_mudata(make_modalities(["x", "y"])).write_h5mu(tmp_path / "data.h5mu")
    repeats = 'kind = "repeats"\ninitialisations = 2\ncomponents = [1, 2]\nstarts = 2\n'
    reconstruction, _ = run_own(tmp_path, ["x", "y"], [tmp_path / "data.h5mu"], column="", experiment=repeats)
    assert sorted(reconstruction["init"].unique()) == [0, 1]


def test_one_h5ad_file_a_modality(tmp_path):
    """Labels come from the files' own obs; sparse X; one of the names is given on the command line."""
    modalities = make_modalities(["counts", "ephys"], cells=60, lacking=0.1)
    modalities["counts"].X = np.round(np.abs(modalities["counts"].X) * 3)
    modalities["counts"].X[:, 0] += 1  # no cell without counts
    from scipy.sparse import csr_matrix

    modalities["counts"].X = csr_matrix(modalities["counts"].X)
    for modality in modalities.values():
        modality.obs["kind"] = ["odd" if int(name[-1]) % 2 else "even" for name in modality.obs_names]
    for modality in modalities.values():
        modality.obs.index.name = modality.var.index.name = "name"
    modalities["counts"].write_h5ad(tmp_path / "counts.h5ad")
    modalities["ephys"].write_h5ad(tmp_path / "e.h5ad")
    data = [tmp_path / "counts.h5ad", f"ephys={tmp_path / 'e.h5ad'}"]
    more = "vary.\"modality.ephys.alpha\" = [0.5, 1]\n"
    _, exported = run_own(tmp_path, ["counts", "ephys"], data, variant=["--variant", "folds,alpha_ephys=1"], column="kind", extra=more)
    assert list(exported.mod) == ["counts", "ephys"] and exported["ephys"].obsm["X_cplae_ephys"].shape[1] == 2
    with h5py.File(tmp_path / "run/results.h5") as file:
        assert sorted(file["variants"]) == ["folds,alpha_ephys=0.5", "folds,alpha_ephys=1"]


def test_a_modality_that_the_study_does_not_use_may_hold_anything(tmp_path):
    """Infinite numbers, a feature without values: nobody reads them; its labels are read all the same."""
    modalities = make_modalities(["x", "y", "spoilt"], cells=60)
    modalities["spoilt"].X[:, 0] = np.nan
    modalities["spoilt"].X[0, 1] = np.inf
    modalities["spoilt"].obs["seen"] = ["odd" if int(name[-1]) % 2 else "even" for name in modalities["spoilt"].obs_names]
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    reconstruction, exported = run_own(tmp_path, ["x", "y"], [tmp_path / "data.h5mu"], column="seen")
    assert set(reconstruction["to"]) == {"x", "y"} and "X_cplae_spoilt" not in exported.obsm


def test_cells_without_any_of_the_study_s_modalities(tmp_path):
    """Half of the cells lack the one modality of the study: they are in no split, no count, and without latents.

    Of class beta 30 cells are in the file, but only 10 have the modality: the class rules leave it out.
    """
    modalities = make_modalities(["first", "second"], cells=90)
    classes = np.array(["alpha", "beta", "gamma"] * 30)
    kept = (np.arange(90) % 2 == 0) & ~((classes == "beta") & (np.arange(90) >= 60))
    modalities["second"] = modalities["second"][kept].copy()
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    names, used = md.read_h5mu(tmp_path / "data.h5mu").obs_names, int(kept.sum())
    (tmp_path / "own.toml").write_text(study_text(["second"]))
    words = [tmp_path / "own.toml", "--data", tmp_path / "data.h5mu"]
    assert f"{used} cells ({90 - used} more have none of its modalities" in succeed("plan", *words).stdout
    log = succeed("run", *words, "--out", tmp_path / "run", ranks=2).stderr
    assert log.count(f"{90 - used} of 90 cells of the data have none of the study's modalities") == 1
    with h5py.File(tmp_path / "run/results.h5") as file:
        assert list(file["cells"].asstr()[...]) == list(names[kept])
        split, latents = file["variants/folds/split"][...], file["variants/folds/latents/second"][...]
    assert split.shape == (2, used) and np.isfinite(latents).all()
    # Stratified over the used cells: folds of one class differ by one cell at most.
    for name in ("alpha", "beta", "gamma"):
        held_out = (split[:, classes[kept] == name] == 1).sum(axis=1)
        assert abs(held_out[0] - held_out[1]) <= 1 and held_out.sum() == (classes[kept] == name).sum()
    assert set(pd.read_csv(tmp_path / "run/tables/accuracy.csv")["n_usable"]) == {2}
    chosen = succeed("export", tmp_path / "run", "--to", tmp_path / "latents.h5mu").stdout
    fold = int(chosen.split("folds,fold=")[1][0])
    exported = md.read_h5mu(tmp_path / "latents.h5mu")
    assert np.array_equal(exported.obsm["X_cplae_second"][kept], latents[fold])
    assert np.isnan(exported.obsm["X_cplae_second"][~kept]).all()
    assert np.array_equal(exported["second"].obsm["X_cplae_second"], latents[fold])
    succeed("export", tmp_path / "run", "--to", tmp_path / "z.csv")
    table = pd.read_csv(tmp_path / "z.csv")
    assert list(table["cell"]) == list(names) and np.array_equal(table["z_second_0"].notna(), kept)


def test_modalities_that_the_study_leaves_out(tmp_path):
    """In another order than the file's, and one of three."""
    make_mudata(make_modalities(["a", "b", "c"])).write_h5mu(tmp_path / "data.h5mu")
    reconstruction, exported = run_own(tmp_path, ["c", "a"], [tmp_path / "data.h5mu"])
    assert set(reconstruction["to"]) == {"a", "c"}
    assert {"X_cplae_a", "X_cplae_c"} <= set(exported.obsm) and "X_cplae_b" not in exported.obsm


def test_an_experiment_on_the_folds_of_another(tmp_path):
    """Two dimensions more, on the same folds: compared with the other experiment's variant."""
    make_mudata(make_modalities(["A", "B"])).write_h5mu(tmp_path / "data.h5mu")
    wider = '[[experiment]]\nname = "wider"\nkind = "kfold"\nfolds = 2\nsplit = "folds"\nvary."training.latent_dim" = [4]\n'
    (tmp_path / "own.toml").write_text(study_text(["A", "B"], extra=wider))
    succeed("run", tmp_path / "own.toml", "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run", ranks=2)
    with h5py.File(tmp_path / "run/results.h5") as results:
        splits = {name: group["split"][:] for name, group in results["variants"].items()}
    assert np.array_equal(splits["wider,latent_dim=4"], splits["folds"]) and len(splits["folds"]) == 2
    compared = pd.read_csv(tmp_path / "run/tables/comparisons.csv")
    assert set(zip(compared["experiment"], compared["variant"], compared["reference"])) == {("wider", "wider,latent_dim=4", "folds")}
    scores = pd.read_csv(tmp_path / "run/tables/reconstruction.csv").set_index(["variant", "from", "to", "fold"])["r2"]
    first, second = (scores[variant, "A", "B"].to_numpy() for variant in ("wider,latent_dim=4", "folds"))
    found = compared[compared["metric"] == "r2 B<-A"]["difference"].item()
    assert found == pytest.approx((second - first).mean(), abs=1e-12)


def test_networks_that_end_early(tmp_path):
    """With patience for one validation: what was not reached is missing, the rest of the run is as ever."""
    make_mudata(make_modalities(["A", "B"])).write_h5mu(tmp_path / "data.h5mu")
    (tmp_path / "own.toml").write_text(study_text(["A", "B"]))
    settings = ["training.steps=2000", "training.learning_rate=0.1", "training.patience=1"]
    words = [word for setting in settings for word in ("--set", setting)]
    succeed("run", tmp_path / "own.toml", "--data", tmp_path / "data.h5mu", "--out", tmp_path / "run", *words, ranks=2)
    with h5py.File(tmp_path / "run/results.h5") as results:
        replicates, losses = results["variants/folds/replicate"][:], results["variants/folds/losses"][:]
    assert (replicates["status"] == 0).all() and (replicates["steps"] < 2000).all()
    for row, history in zip(replicates, losses):
        assert row["steps"] == row["best_step"] + 10
        reached = history[:, 0] <= row["steps"]
        assert np.isfinite(history[reached]).all() and np.isnan(history[~reached]).all() and reached.sum() == row["steps"] / 10
    assert len(pd.read_csv(tmp_path / "run/tables/accuracy.csv")) == 4
    succeed("verify", tmp_path / "run")


def test_class_sizes_are_those_of_the_modality(tmp_path):
    """beta has 30 cells, but 10 that have `second`: too few for types by its latents, and enough by those of `first`."""
    modalities = make_modalities(["first", "second"], cells=90)
    beta = np.arange(90) % 3 == 1
    kept = ~beta | (np.cumsum(beta) <= 10)
    modalities["second"] = modalities["second"][kept].copy()
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    run_own(tmp_path, ["first", "second"], [tmp_path / "data.h5mu"])
    accuracy = pd.read_csv(tmp_path / "run/tables/accuracy.csv")
    assert dict(accuracy.groupby("representation")["n_usable"].agg(set)) == {"zfirst": {3}, "zsecond": {2}}


def test_features_that_are_constant_over_held_out_cells_are_counted(tmp_path):
    """A gene of one cell is constant wherever that cell is not; R2 then is 1 or 0, by scikit-learn's convention."""
    modalities = make_modalities(["x", "y"], cells=90)
    modalities["x"].X[:, :2] = 0
    modalities["x"].X[3, 0] = modalities["x"].X[4, 1] = 5
    modalities["x"].X[10:, 2] = np.nan
    make_mudata(modalities).write_h5mu(tmp_path / "data.h5mu")
    reconstruction, _ = run_own(tmp_path, ["x", "y"], [tmp_path / "data.h5mu"], experiment='kind = "kfold"\nfolds = 3\nbaselines = ["mean"]\n')
    with h5py.File(tmp_path / "run/results.h5") as file:
        split = file["variants/folds/split"][...]
    for row in reconstruction.itertuples():
        values = modalities[row.to].X[split[row.fold] != 0]
        present = np.isfinite(values).sum(axis=0) > 1
        expected = int((np.nanmax(values[:, present], axis=0) == np.nanmin(values[:, present], axis=0)).sum())
        assert row.n_constant == expected
    assert set(reconstruction["n_constant"]) >= {0, 1}
