"""reconstruction.csv, features.csv, losses.csv, latents.csv, matching.csv and held_out.csv of a cohort whose cells lack modalities, entries
and labels, computed again from the latents and weights in results.h5 and the data by NumPy and scikit-learn."""

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import r2_score
from test_tables import has, of_replicate, votes
from test_type_tables import DIRECTIONS, MODALITIES, Network
from typed_cohort import KEEP_AFTER, STEPS, pc_cca, typed, typed_run, values_of  # noqa: F401

# The program decodes in float32: some 1e-6 of values of order 1 to 10. R2 moves by twice that where the error is as large as the spread.
R2_CLOSE = {"rtol": 1e-5, "atol": 1e-5}
NETWORKS = 2 * 3 + 2 * 9
ACROSS = [("T", "E"), ("E", "T")]


def table(run, name):
    return pd.read_csv(run / "tables" / f"{name}.csv")


@pytest.fixture(scope="module")
def values(typed):  # noqa: F811
    return values_of(typed)


@pytest.fixture(scope="module")
def trained(typed_run):  # noqa: F811
    """[(variant, replicate, network)]"""
    with h5py.File(typed_run / "results.h5") as file:
        groups = file["variants"].items()
        return [(name, i, Network(group, i)) for name, group in groups for i in range(len(group["split"]))]


def pearson(x, y):
    return np.corrcoef(x, y)[0, 1] if len(x) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0 else np.nan


def check_direction(run, at, truth, decoded, names):
    """The rows of one replicate and direction (variant, replicate, from, to) in both tables."""
    variant, replicate, source, target = at
    there = np.isfinite(truth)
    pairs = [(truth[own, i], decoded[own, i]) for i, own in enumerate(there.T)]
    r2 = np.array([r2_score(*pair) if len(pair[0]) > 1 else np.nan for pair in pairs])
    rows = [of_replicate(table(run, name), variant, replicate) for name in ("reconstruction", "features")]
    whole, each = (own[(own["from"] == source) & (own["to"] == target)] for own in rows)
    assert list(each["feature"]) == names
    np.testing.assert_allclose(each["r2"], r2, **R2_CLOSE)
    np.testing.assert_allclose(each["pearson"], [pearson(*pair) for pair in pairs], **R2_CLOSE)
    np.testing.assert_allclose(whole["r2"].item(), np.nanmean(r2), **R2_CLOSE)
    np.testing.assert_allclose(whole["mse"].item(), ((truth - decoded)[there] ** 2).mean(), rtol=1e-5)
    assert whole["n_cells"].item() == len(truth)
    assert whole["n_constant"].item() == sum(len(x) > 1 and np.ptp(x) == 0 for x, _ in pairs)


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_reconstruction_by_networks(typed_run, typed, values, trained, source, target):  # noqa: F811
    assert len(trained) == NETWORKS
    for variant, replicate, network in trained:
        cells = (network.split != 0) & has(values[source]) & has(values[target])
        decoded = network.decode(target, network.latents[source][cells])
        check_direction(typed_run, (variant, replicate, source, target), values[target][cells], decoded, list(typed[target].var_names))


@pytest.mark.parametrize("source,target", DIRECTIONS)
def test_reconstruction_by_the_linear_baseline(typed_run, typed, values, trained, source, target):  # noqa: F811
    for fold, split in [(i, network.split) for variant, i, network in trained if variant == "folds,lambda=0"]:
        latents, sides = pc_cca(values, split == 0, components=4, dim=3)
        cells = (split != 0) & has(values[source]) & has(values[target])
        decoded = sides[target].decode(latents[source][cells])
        at = ("folds,pc_cca=4x4", fold, source, target)
        check_direction(typed_run, at, values[target][cells], decoded, list(typed[target].var_names))


def validation_terms(network, values):
    """docs/model.md: missing entries count in the divisor, and have no error; plain distances of latents per cell and dimension."""
    terms = {}
    for name in MODALITIES:
        own = (network.split != 0) & has(values[name])
        error = np.nan_to_num(values[name][own] - network.decode(name, network.latents[name][own]))
        terms[f"mse_{name}"] = (error**2).mean()
    z = [network.latents[name][network.split != 0] for name in MODALITIES]
    terms["coupling_T_E"] = np.nanmean((z[0] - z[1]) ** 2)
    return terms | {"total": sum(terms.values())}


def test_losses_of_the_kept_networks(typed_run, values, trained):  # noqa: F811
    losses = table(typed_run, "losses").query("part == 'validation' and kept == 1")
    for variant, replicate, network in trained:
        own = of_replicate(losses, variant, replicate).set_index("term")["value"]
        for term, value in validation_terms(network, values).items():
            # Forward passes and sums of thousands of terms in float32.
            assert own[term] == pytest.approx(value, rel=1e-5), (variant, replicate, term)


def test_losses_are_those_of_results(typed_run, trained):  # noqa: F811
    """Bits of float32; every second of 60 validations, with the kept one and the last."""
    losses = table(typed_run, "losses")
    with h5py.File(typed_run / "results.h5") as file:
        for variant, replicate, _ in trained:
            group = file["variants"][variant]
            terms = [term.decode() if isinstance(term, bytes) else term for term in group["losses"].attrs["terms"]]
            history = pd.DataFrame(group["losses"][replicate].astype(float), columns=terms).set_index("step")
            kept_step = group["replicate"]["best_step"][replicate]
            judged = history.loc[KEEP_AFTER:, "validation_total"]
            assert kept_step == judged.idxmin(), "the first of the least"
            own = of_replicate(losses, variant, replicate)
            wide = own.assign(name=own["part"] + "_" + own["term"]).pivot(index="step", columns="name", values="value")
            assert set(wide.columns) == set(history.columns)
            assert (wide == history.loc[wide.index, wide.columns]).all(axis=None)
            assert 20 <= len(wide) <= 42 and {kept_step, STEPS} <= set(wide.index)
            assert set(own.loc[own["kept"] == 1, "step"]) == {kept_step} and set(own["kept"]) <= {0, 1}


def test_spread_of_latents(typed_run, trained):  # noqa: F811
    latents = table(typed_run, "latents")
    assert len(latents) == 2 * (2 * 3 * 3 + 9 * 2 + 9 * 3)
    for variant, replicate, network in trained:
        own = of_replicate(latents, variant, replicate)
        for name in MODALITIES:
            z = network.latents[name][(network.split == 0) & np.isfinite(network.latents[name]).all(axis=1)]
            rows = own[own["representation"] == f"z{name}"]
            assert list(rows["axis"]) == list(range(z.shape[1]))
            expected = np.sqrt(np.linalg.eigvalsh(np.cov(z.T))[::-1])
            # The oracle's squares lose half of the digits of the least axis: 1e-16 of the first one's variance.
            np.testing.assert_allclose(rows["sd"], expected, rtol=1e-9)


def distances_of(x, y):
    """Rounded, so that cells of equal values tie here as in the program; no others are as near to each other as that."""
    return np.round(cdist(x, y), 9)


def matched(latents, is_training, labels, source, target):
    """measure -> (value, ceiling, n_cells) of one label column: unlabelled cells are nobody's neighbours and not scored."""
    there = {name: np.isfinite(z).all(axis=1) for name, z in latents.items()}
    training = is_training & there[target] & (labels != "")
    scored = ~is_training & there[source] & there[target] & np.isin(labels, labels[training])
    # Stable: of equally far cells the lower.
    found = np.argsort(distances_of(latents[source][scored], latents[target][training]), axis=1, kind="stable")[:, :15]
    near, own = labels[training][found], labels[scored]
    transfer = np.mean([votes(list(row[:5])) == label for row, label in zip(near, own)])
    most = np.array([min(15, (labels[training] == label).sum()) for label in own])
    return {"label_transfer": (transfer, 1, len(own)), "purity": ((near == own[:, None]).mean(), most.mean() / 15, len(own))}


def closer(latents, is_training, source, target):
    """foscttm both ways and their mean, without and with half of the ties."""
    cells = ~is_training & np.all([np.isfinite(z).all(axis=1) for z in latents.values()], axis=0)
    distances = distances_of(latents[source][cells], latents[target][cells])
    own = np.diag(distances)[:, None]
    ties = (distances == own).sum() - len(own)
    forward, ties_half = (distances < own).mean(), ((distances < own).sum() + ties / 2) / distances.size
    found = {"foscttm": (forward, 0, len(own)), "foscttm_ties_half": (ties_half, 0, len(own))}
    return found | ({"foscttm_mean": ((forward + (distances < own.T).mean()) / 2, 0, len(own))} if source == "T" else {})


def check_matching(own, latents, is_training, labels):
    """All rows of one replicate. Shares of whole cells and pairs."""
    expected = {}
    for source, target in ACROSS:
        of_pair = {(measure, ""): row for measure, row in closer(latents, is_training, source, target).items()}
        for label, classes in labels.items():
            of_pair |= {(measure, label): row for measure, row in matched(latents, is_training, classes, source, target).items()}
        expected |= {(source, target, *key): row for key, row in of_pair.items()}
    keys = own[["from", "to", "measure", "label"]].fillna("").itertuples(index=False, name=None)
    found = dict(zip(keys, own[["value", "ceiling", "n_cells"]].itertuples(index=False, name=None)))
    assert found.keys() == expected.keys() and len(own) == len(found)
    for key, row in expected.items():
        assert found[key] == pytest.approx(row, abs=1e-12), key


@pytest.fixture(scope="module")
def labels(typed):  # noqa: F811
    columns = typed.obs[["type", "donor", "sex"]].astype(object)
    return {name: columns[name].where(columns[name].notna(), "").astype(str).to_numpy() for name in columns}


def test_matching_of_cells_without_modalities_and_labels(typed_run, trained, labels):  # noqa: F811
    matching = table(typed_run, "matching")
    for variant, replicate, network in trained:
        check_matching(of_replicate(matching, variant, replicate), network.latents, network.split == 0, labels)


def test_matching_of_the_linear_baseline(typed_run, values, trained, labels):  # noqa: F811
    matching = table(typed_run, "matching")
    for fold, split in [(i, network.split) for variant, i, network in trained if variant == "folds,lambda=0"]:
        latents = pc_cca(values, split == 0, components=4, dim=3)[0]
        check_matching(of_replicate(matching, "folds,pc_cca=4x4", fold), latents, split == 0, labels)


def test_percentiles_over_held_out_cells(typed_run, values, trained):  # noqa: F811
    """Cells of all networks of a variant, one counted once a network."""
    held_out = table(typed_run, "held_out")
    for variant in dict.fromkeys(name for name, _, _ in trained):
        for name in MODALITIES:
            errors, missing = [], []
            for network in [network for own, _, network in trained if own == variant]:
                cells = (network.split != 0) & has(values[name])
                x = values[name][cells]
                errors.append(np.nanmean((x - network.decode(name, network.latents[name][cells])) ** 2, axis=1))
                missing.append(np.isnan(x).mean(axis=1))
            rows = held_out.query("variant == @variant and modality == @name")
            percent = np.arange(101)
            assert list(rows["percent"]) == list(percent) and set(rows["n_cells"]) == {len(np.concatenate(errors))}
            np.testing.assert_allclose(rows["error"], np.percentile(np.concatenate(errors), percent), rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(rows["missing"], np.percentile(np.concatenate(missing), percent), rtol=1e-12)
