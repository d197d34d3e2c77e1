"""Splits against scikit-learn: the same number of cells of every class in every part, for many random label vectors."""

import os
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

PROBE = Path(os.environ["CPLAE_BIN_DIR"]) / "split_probe"


def probe(labels, *arguments):
    text = "".join(f"{label}\n" for label in labels)
    done = subprocess.run([PROBE, *map(str, arguments)], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.array(done.stdout.split(), int)


def random_labels(seed):
    """Long-tailed classes in random order, some with a single cell; now and then cells without a label."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(1, 40)
    weights = rng.dirichlet(np.full(classes, 0.5))
    labels = np.array([f"type {k}" for k in range(classes)], object)[rng.choice(classes, rng.integers(30, 600), p=weights)]
    if seed % 3 == 0:
        labels[rng.random(len(labels)) < 0.1] = ""
    return labels


def counts(labels, part, parts):
    """[classes x parts]"""
    return np.array([[np.sum((labels == label) & (part == p)) for p in range(parts)] for label in np.unique(labels)])


@pytest.mark.parametrize("seed", range(60))
def test_fold_counts_are_those_of_stratified_kfold(seed):
    labels = random_labels(seed)
    folds = int(np.random.default_rng(1000 + seed).choice([2, 3, 5, 10, 43]))
    folds = min(folds, np.unique(labels, return_counts=True)[1].max(), len(labels))
    folds = max(folds, 2)
    expected = np.full(len(labels), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes with fewer cells than folds
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
        for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(labels)), labels)):
            expected[held_out] = fold
    found = probe(labels, "folds", folds, seed)
    np.testing.assert_array_equal(counts(labels, found, folds), counts(labels, expected, folds))


def test_cells_are_drawn_by_the_seed():
    labels = random_labels(1)
    assert (probe(labels, "folds", 5, 7) == probe(labels, "folds", 5, 7)).all()
    assert (probe(labels, "folds", 5, 7) != probe(labels, "folds", 5, 8)).any()
    assert (probe(labels, "holdout", 0.2, 7) != probe(labels, "holdout", 0.2, 8)).any()


def remainders(sizes, draws):
    """The fractional parts by which scikit-learn's _approximate_mode ranks classes, in its own floating-point steps."""
    share = sizes / sizes.sum() * draws
    return share - np.floor(share)


@pytest.mark.parametrize("seed", range(60))
def test_holdout_counts_are_those_of_stratified_shuffle_split(seed):
    """scikit-learn breaks ties of remainders at random, so a class is compared alone unless a tie decides about it: classes of one
    remainder are compared by their sum, which no tie can change."""
    labels = random_labels(seed)
    names, sizes = np.unique(labels, return_counts=True)
    rare = names[sizes < 2]  # scikit-learn refuses classes of one cell
    labels = labels[~np.isin(labels, rare)]
    fraction = float(np.random.default_rng(2000 + seed).choice([0.1, 0.2, 0.25, 0.5]))
    names, sizes = np.unique(labels, return_counts=True)
    if np.ceil(fraction * len(labels)) < len(names) or len(labels) - np.ceil(fraction * len(labels)) < len(names):
        fraction = 0.5
    splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
    train, test = next(splitter.split(np.zeros(len(labels)), labels))
    expected = np.zeros(len(labels), int)
    expected[test] = 2
    found = counts(labels, probe(labels, "holdout", fraction, seed), 3)
    wanted = counts(labels, expected, 3)
    assert found.sum(0).tolist() == wanted.sum(0).tolist()
    assert (np.abs(found - wanted) <= 1).all()
    rank = remainders(sizes, len(train))
    for value in np.unique(rank):
        tied = rank == value
        assert found[tied].sum(0).tolist() == wanted[tied].sum(0).tolist()
    untied = np.array([np.sum(rank == value) == 1 for value in rank])
    np.testing.assert_array_equal(found[untied], wanted[untied])


def test_wrong_numbers_are_refused():
    for arguments, word in ((("folds", 1, 0), "folds"), (("folds", 5, 0), "folds"), (("holdout", 1.0, 0), "test_fraction")):
        done = subprocess.run([PROBE, *map(str, arguments)], input="a\nb\na\n", capture_output=True, text=True)
        assert done.returncode == 2 and word in done.stderr
