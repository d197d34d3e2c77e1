"""Nearest neighbours, labels among them, and cells closer than the true match, against scikit-learn and SciPy."""
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from stats_probe import array, ask, refusal


@pytest.fixture
def rng():
    return np.random.default_rng(91)


@pytest.mark.parametrize("cells,dim", [(40, 1), (1100, 3), (150, 60)])
def test_neighbours_are_those_of_scikit_learn(rng, cells, dim):
    queries, reference = rng.normal(size=(70, dim)), rng.normal(size=(cells, dim))
    ours = ask("neighbours", queries=queries, reference=reference, k=15)
    distances, found = NearestNeighbors(n_neighbors=15, algorithm="kd_tree").fit(reference).kneighbors(queries)
    # Both sum at most 60 squares of differences of order 1: 60 roundings of 1.1e-16, halved by the root.
    np.testing.assert_allclose(array(ours["distances"]), distances, rtol=1e-14)
    np.testing.assert_array_equal(ours["cells"], found)


def test_equally_far_neighbours_come_by_index(rng):
    """Small integers: all squares are exact, and most distances are shared."""
    queries, reference = rng.integers(0, 4, size=(30, 3)), rng.integers(0, 4, size=(600, 3))
    ours = ask("neighbours", queries=queries, reference=reference, k=40)
    expected = np.argsort(cdist(queries, reference, "sqeuclidean"), axis=1, kind="stable")[:, :40]
    np.testing.assert_array_equal(ours["cells"], expected)


def test_neighbours_are_refused_by_the_numbers():
    points = np.zeros((3, 2))
    assert "4 asked for among 3 cells" in refusal("neighbours", queries=points, reference=points, k=4)
    assert "0 asked for" in refusal("neighbours", queries=points, reference=points, k=0)
    assert "for queries of 1," in refusal("neighbours", queries=points[:, :1], reference=points, k=1)
    missing = np.array([[0.0, np.nan]])
    assert "queries: entry nan at row 0, column 1" in refusal("neighbours", queries=missing, reference=points, k=1)


def labelled(rng, cells, classes):
    """Overlapping types of very different sizes; some cells have no label."""
    share = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    owners = rng.choice(classes, size=cells, p=share)
    centres = np.random.default_rng(5).normal(size=(classes, 3)) * 1.5
    labels = np.array([f"type {owner}" for owner in owners], dtype=object)
    labels[rng.random(cells) < 0.1] = ""
    return centres[owners] + rng.normal(size=(cells, 3)), labels


def ask_labels(queries, reference, k):
    return ask(
        "labels_of_neighbours", k=k, queries=dict(zip(("values", "labels"), queries)), reference=dict(zip(("values", "labels"), reference))
    )


def scored(queries, reference):
    known = set(reference[1]) - {""}
    return np.array([label in known for label in queries[1]])


def test_transfer_of_two_labels_is_that_of_scikit_learn(rng):
    queries, reference = labelled(rng, 300, 2), labelled(rng, 500, 2)
    ours = ask_labels(queries, reference, 5)
    has = reference[1] != ""
    oracle = KNeighborsClassifier(5, algorithm="brute").fit(reference[0][has], reference[1][has].astype(str))
    taken = scored(queries, reference)
    assert ours["accuracy"] == np.mean(oracle.predict(queries[0][taken]) == queries[1][taken])
    assert ours["n_cells"] == ours["n_labelled"] == taken.sum()


def labels_by_numpy(queries, reference, k):
    """The rules written again: votes in order of distance, then of cell; most votes, then nearest; shares and what they could be."""
    has = reference[1] != ""
    values, names = reference[0][has], reference[1][has]
    taken = scored(queries, reference)
    hits, shares, ceilings = [], [], []
    for value, own in zip(queries[0][taken], queries[1][taken]):
        near = names[np.argsort(((values - value) ** 2).sum(axis=1), kind="stable")[: min(k, len(names))]]
        votes = {name: list(near).count(name) for name in near}
        hits.append(max(near, key=lambda name: (votes[name], -list(near).index(name))) == own)
        shares.append(votes.get(own, 0) / len(near))
        ceilings.append(min(len(near), (names == own).sum()) / len(near))
    return np.mean(hits), np.mean(shares), np.mean(ceilings), int(taken.sum())


@pytest.mark.parametrize("integer", [False, True], ids=["random", "ties"])
@pytest.mark.parametrize("cells", [9, 400])
def test_labels_among_the_neighbours(rng, integer, cells):
    queries, reference = labelled(rng, 250, 12), labelled(rng, cells, 12)
    if integer:
        queries, reference = ((np.round(values), labels) for values, labels in (queries, reference))
    for k in (1, 4, 15):
        ours = ask_labels(queries, reference, k)
        accuracy, mean, ceiling, n = labels_by_numpy(queries, reference, k)
        assert (ours["accuracy"], ours["n_cells"], ours["purity_cells"]) == (accuracy, n, n)
        assert ours["n_labelled"] == ours["purity_labelled"] == (queries[1] != "").sum() >= n
        # Sums of at most 250 shares in another order: 250 roundings of 1.1e-16.
        np.testing.assert_allclose([ours["purity"], ours["ceiling"]], [mean, ceiling], rtol=3e-14)


def test_labels_that_cannot_be_scored(rng):
    queries = rng.normal(size=(4, 2)), np.array(["a", "b", "", "c"], object)
    for names in (["", "", ""], ["x", "y", "z"]):
        ours = ask_labels(queries, (rng.normal(size=(3, 2)), np.array(names, object)), 2)
        assert (ours["accuracy"], ours["purity"], ours["ceiling"]) == (None, None, None)
        assert (ours["n_cells"], ours["n_labelled"]) == (0, 3)
    sides = dict(queries=dict(values=queries[0], labels=["a"]), reference=dict(values=queries[0], labels=queries[1]))
    assert "queries: 1 labels for 4 cells" in refusal("labels_of_neighbours", k=1, **sides)


def foscttm_by_scipy(first, second, metric):
    distances = cdist(first, second, metric)
    own = np.diag(distances)
    pairs = len(own) ** 2
    scores = {}
    for name, tie in (("closer", 0), ("ties_half", 0.5)):
        # A cell's partner is as far as itself: no tie.
        rows = (distances < own[:, None]).sum() + tie * ((distances == own[:, None]).sum() - len(own))
        columns = (distances < own[None, :]).sum() + tie * ((distances == own[None, :]).sum() - len(own))
        scores[name] = [rows / pairs, columns / pairs, (rows + columns) / (2 * pairs)]
    return scores


@pytest.mark.parametrize("cells", [1, 7, 700])
def test_foscttm_with_exact_ties(rng, cells):
    first, second = rng.integers(0, 5, size=(cells, 3)), rng.integers(0, 5, size=(cells, 3))
    ours = ask("foscttm", first=first, second=second)
    assert ours == foscttm_by_scipy(first, second, "sqeuclidean")


def test_foscttm_of_nearly_matched_cells(rng):
    """Random numbers: two of 90,000 distances are never so near that rounding could turn them round."""
    first = rng.normal(size=(300, 3))
    second = first + 0.3 * rng.normal(size=first.shape)
    ours = ask("foscttm", first=first, second=second)
    assert ours == foscttm_by_scipy(first, second, "euclidean")
    assert 0 < ours["closer"][2] < 0.2


def test_foscttm_of_collapsed_and_of_equal_latents(rng):
    collapsed = np.ones((10, 3))
    ours = ask("foscttm", first=collapsed, second=collapsed)
    assert ours == {"closer": [0, 0, 0], "ties_half": [0.45, 0.45, 0.45]}
    same = rng.normal(size=(50, 2))
    assert ask("foscttm", first=same, second=same) == {"closer": [0, 0, 0], "ties_half": [0, 0, 0]}


def test_foscttm_is_refused_by_the_numbers():
    points = np.zeros((3, 2))
    assert "3 x 2 and 2 x 2" in refusal("foscttm", first=points, second=points[:2])
    assert "one cell or more" in refusal("foscttm", first=[], second=[])
    missing = np.array([[0.0, 1], [np.nan, 1], [2, 2]])
    assert "second side: entry nan at row 1, column 0" in refusal("foscttm", first=points, second=missing)
