"""accuracy.csv and the classes of cells.csv, computed again from the latents in results.h5 and the data: Gaussians by SciPy, class rules
and cuts of the tree written from docs/statistics.md."""

import h5py
import numpy as np
import pandas as pd
import pytest
import three_modalities
from scipy.stats import multivariate_normal
from test_tables import has, of_replicate
from three_modalities import RIDGE, TRAINED, cohort, networks, run, values  # noqa: F401
from typed_cohort import CLASSES, MODALITIES, TREE, pc_cca, typed, typed_run, values_of  # noqa: F401

USABLE, FITTED = 10, 6  # usable: more cells than that in the data; fitted: at least so many training cells


def table(run, name, **kinds):
    return pd.read_csv(run / "tables" / f"{name}.csv", dtype=kinds)


def below(node):
    """Leaves of the tree under a node, itself where it is one."""
    children = [label for label, (parent, _) in TREE.items() if parent == node]
    return [leaf for child in children for leaf in below(child)] or [node]


def cut(labels, count):
    """Types joined along the tree until no more than `count` classes are left; text, empty where there is none."""
    present = {label for label in set(labels) if label in TREE}
    joined = {label: label for label in present}
    joining = [node for node in TREE if len(set(below(node)) & present) > 1]
    for node in sorted(joining, key=lambda node: (TREE[node][1], node)):
        if len(set(joined.values())) <= count:
            break
        joined |= {leaf: node for leaf in below(node) if leaf in present}
    return np.array([joined.get(label, "") for label in labels], dtype=object)


def resolutions(obs, classes):
    """(label column, classes of all cells): columns as they stand, the first also cut; equal numbers of classes give one."""
    columns = [(name, obs[name].astype(object).where(obs[name].notna(), "").astype(str).to_numpy()) for name in obs]
    counts = {}
    for number in classes:
        own = cut(columns[0][1], number)
        counts.setdefault(len(set(own) - {""}), (columns[0][0], own))
    return [*columns, *counts.values()]


def scores(z, own):
    """log of share and density of a class; S = (1 - r) C + r I, C with divisor n."""
    covariance = (1 - RIDGE) * np.cov(own.T, ddof=0) + RIDGE * np.eye(own.shape[1])
    return np.log(len(own)) + multivariate_normal(own.mean(axis=0), covariance).logpdf(z)


def classified(z, labels, is_training):
    """The row of accuracy.csv for cells of whom some lack z (NaN)."""
    there = np.isfinite(z).all(axis=1)
    names = sorted(set(labels) - {""})
    usable = [name for name in names if (there & (labels == name)).sum() > USABLE]
    training = {name: z[there & is_training & (labels == name)] for name in usable}
    fitted = [name for name in usable if len(training[name]) >= FITTED]
    scored = there & ~is_training & np.isin(labels, fitted)
    row = {"n_classes": len(names), "n_usable": len(usable), "n_fitted": len(fitted), "n_cells": scored.sum(), "accuracy": np.nan}
    if len(fitted) > 1 and scored.any():
        each = np.array([np.atleast_1d(scores(z[scored], training[name])) for name in fitted])
        first, second = np.sort(each, axis=0)[:-3:-1]
        # Both sides have doubles of order 1 to 100, which lose 1e-12 of themselves in a 3 x 3 inverse of condition 1e2: no cell is that near to a tie.
        assert (first - second).min() > 1e-9
        row["accuracy"] = (np.array(fitted, dtype=object)[each.argmax(axis=0)] == labels[scored]).mean()
    return row


def assert_rows(found, expected):
    """Counts equal; a share of whole cells, but for the rounding of one division."""
    found = found.reset_index(drop=True)
    for column in ("n_classes", "n_usable", "n_fitted", "n_cells"):
        assert list(found[column]) == [row[column] for row in expected], column
    np.testing.assert_allclose(found["accuracy"], [row["accuracy"] for row in expected], rtol=1e-15, atol=0)


def latents_of(run):
    """(variant, replicate, is a training cell, latents of each modality)"""
    with h5py.File(run / "results.h5") as file:
        for variant, group in file["variants"].items():
            for replicate, split in enumerate(group["split"][:]):
                yield variant, replicate, split == 0, {name: group[f"latents/{name}"][replicate].astype(float) for name in MODALITIES}


def rows_of(latents, labels, is_training):
    """In the order of the table: representations, then resolutions."""
    return [
        {"representation": representation, "label": label} | classified(z, own, is_training)
        for representation, z in latents.items()
        for label, own in labels
    ]


def check(found, expected):
    for column in ("representation", "label"):
        assert list(found[column]) == [row[column] for row in expected], column
    assert_rows(found, expected)


@pytest.fixture(scope="module")
def labels(typed):  # noqa: F811
    obs = typed.obs[["type", "donor", "sex"]]
    return {"folds": resolutions(obs, CLASSES), "again": resolutions(obs, [3])}


def test_accuracy_of_networks(typed_run, labels):  # noqa: F811
    accuracy, seen, rows = table(typed_run, "accuracy"), 0, []
    for variant, replicate, is_training, latents in latents_of(typed_run):
        named = {f"z{name}": z for name, z in latents.items()}
        rows = rows_of(named, labels[variant.split(",")[0]], is_training)
        check(of_replicate(accuracy, variant, replicate), rows)
        seen += len(rows)
    assert seen == 2 * (2 * 3 * 7 + 2 * 9 * 4) == (~accuracy["variant"].str.contains("pc_cca")).sum()


def test_the_cohort_meets_every_rule(typed_run):  # noqa: F811
    """Else the comparison above would not know whether they are kept."""
    own = table(typed_run, "accuracy").query("label == 'type'")
    leaves = own[own["n_classes"] == 11].set_index("representation")
    assert set(leaves.loc["zT", "n_usable"]) == {8} and set(leaves.loc["zE", "n_usable"]) == {7}, "Q1 has ten cells of E"
    assert (own["n_fitted"] < own["n_usable"]).any() and (own["n_fitted"] == own["n_usable"]).any()
    assert list(own.query("experiment == 'folds' and representation == 'zT' and fold == 0").groupby("variant")["n_classes"].agg(list))[0] == [11, 8, 5, 3, 1]
    assert own.loc[own["n_classes"] == 1, "accuracy"].isna().all() and own.loc[own["n_classes"] > 1, "accuracy"].notna().all()


@pytest.mark.parametrize("modality", MODALITIES)
def test_accuracy_of_the_linear_baseline(typed_run, typed, labels, modality):  # noqa: F811
    accuracy = table(typed_run, "accuracy").query("representation == @name", local_dict={"name": f"z{modality}"})
    splits = {replicate: is_training for variant, replicate, is_training, _ in latents_of(typed_run) if variant == "folds,lambda=1"}
    for fold, is_training in splits.items():
        z = pc_cca(values_of(typed), is_training, components=4, dim=3)[0][modality]
        check(of_replicate(accuracy, "folds,pc_cca=4x4", fold), rows_of({f"z{modality}": z}, labels["folds"], is_training))


def test_classes_of_cells(typed_run, typed, labels):  # noqa: F811
    """Of all experiments together; partitions and the names of the nodes."""
    cells = table(typed_run, "cells", donor=str).fillna("")
    assert list(cells["cell"]) == list(typed.obs_names)
    present = {name: has(own) for name, own in values_of(typed).items()}
    expected = {f"has_{name}": own.astype(int) for name, own in present.items()}
    for place, (label, own) in enumerate(labels["folds"]):
        expected[label if place < 3 else f"{label} {len(set(own) - {''})}"] = own
    assert list(cells.columns) == ["cell", *expected]
    for column, own in expected.items():
        assert list(cells[column]) == list(own), column


def test_tree(typed_run):  # noqa: F811
    tree = table(typed_run, "taxonomy").fillna("")
    found = {row.label: (row.parent, row.height) for row in tree.itertuples()}
    assert found == TREE and len(tree) == len(TREE) and (tree["colour"] == "").all()
    assert list(tree["leaf"]) == [below(label) == [label] for label in tree["label"]]


def representations(network, is_coupled):
    """z of each modality; of networks that share a space also the means of several, in the order of the table."""
    names = three_modalities.NAMES
    sets = [(name,) for name in names] + ([("T", "E"), ("T", "M"), ("E", "M"), names] if is_coupled else [])
    return {"z" + "+".join(own): network.together(own) for own in sets}


def test_accuracy_of_three_modalities(run, networks, cohort):  # noqa: F811
    """Every variant and replicate; cells lack some, and the mean of several latents is that of cells that have them all."""
    accuracy = table(run, "accuracy")
    own = [("cell class", cohort.obs["cell class"].astype(str).to_numpy()[:TRAINED])]
    seen = 0
    for variant, replicates in networks.items():
        for replicate, network in enumerate(replicates):
            rows = rows_of(representations(network, is_coupled="lambda=0" not in variant), own, network.split == 0)
            check(of_replicate(accuracy, variant, replicate), rows)
            seen += len(rows)
    of_networks = ~accuracy["variant"].str.contains(",members=")  # those of test_member_tables.py
    assert seen == of_networks.sum() == 2 * 3 * (3 + 7) + 3 * 7
    counts = accuracy.query("variant == 'again' and init == 0").set_index("representation")["n_cells"]
    assert counts["zT+E+M"] < counts["zE+M"] <= counts["zE"] < (networks["again"][0].split != 0).sum()
