"""Contingency tables and what is made of them against scikit-learn, SciPy and the authors' rules written again in numpy."""
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from stats_probe import array, ask, ask_all, refusal


@pytest.fixture
def rng():
    return np.random.default_rng(33)


def labellings(rng):
    """Pairs of labellings: from unrelated to equal, of one class, of as many classes as cells."""
    for _ in range(40):
        cells, classes = int(rng.integers(2, 300)), int(rng.integers(1, 40))
        first = rng.integers(-3, classes, size=cells)
        second = np.where(rng.random(cells) < rng.random(), first, rng.integers(0, 9, size=cells))
        yield first, second
    yield np.zeros(20, int), np.zeros(20, int)
    yield np.zeros(20, int), np.arange(20)
    yield np.arange(20), np.arange(20)[::-1]
    yield np.repeat([0, 1], 10), np.tile([0, 1], 10)
    yield np.array([4]), np.array([7])


def agree(ours, first, second):
    np.testing.assert_array_equal(ours["counts"], contingency_matrix(first, second))
    assert ours["rows"] == np.unique(first).tolist() and ours["columns"] == np.unique(second).tolist()
    # Products of counts of pairs below 5e4 are rounded at 1e-16 of the largest, which the denominator is at least a third of.
    np.testing.assert_allclose(ours["adjusted_rand_index"], adjusted_rand_score(first, second), atol=1e-14)
    # Sums of at most 400 terms p log q below 6: 400 roundings of 1.1e-16 of it, over a mean entropy above 0.02.
    np.testing.assert_allclose(ours["mutual_information"], normalized_mutual_info_score(first, second), atol=1e-11)


def test_tables_and_indices_of_numbers_and_of_texts(rng):
    pairs = list(labellings(rng))
    for (first, second), ours in zip(pairs, ask_all([{"command": "contingency", "first": a, "second": b} for a, b in pairs])):
        agree(ours, first, second)
    first, second = pairs[0]
    names = np.array([f"Sst {label}" for label in second])
    agree(ask("contingency", first=first, second=names), first, names)


def test_indices_of_a_table_without_cells():
    ours = ask("contingency", first=[], second=[])
    assert (ours["counts"], ours["adjusted_rand_index"], ours["mutual_information"]) == ([], None, None)
    assert "2 and 1 labels" in refusal("contingency", first=[1, 2], second=[1])


def test_square_table_has_the_labels_of_both_sides(rng):
    first, second = rng.choice(list("abcf"), size=60), rng.choice(list("bdf"), size=60)
    ours = ask("square_contingency", first=first, second=second)
    names = list("abcdf")
    assert ours["rows"] == ours["columns"] == names
    np.testing.assert_array_equal(ours["counts"], [[((first == a) & (second == b)).sum() for b in names] for a in names])


def measures_by_numpy(counts):
    """The authors' contingency_metric: an entry of the diagonal is compared with the others of its row and column."""
    size = len(counts)
    diagonal = np.diag(counts)
    others = np.where(np.eye(size, dtype=bool), 0, counts)
    rows = (diagonal >= others.max(axis=1)) & (diagonal > 0)
    columns = (diagonal >= others.max(axis=0)) & (diagonal > 0)
    with np.errstate(invalid="ignore"):
        consistency = diagonal.sum() / np.float64(counts.sum())
    return [rows.mean(), columns.mean(), (rows & columns).mean(), consistency, (diagonal > 0).mean()]


def test_contingency_measures(rng):
    tables = [rng.poisson(rng.uniform(0.2, 3), size=(n, n)) + 3 * np.diag(rng.poisson(1, n)) for n in rng.integers(1, 30, 60)]
    tables += [np.zeros((4, 4), int), np.full((3, 3), 2), np.eye(5, dtype=int)]
    for table, ours in zip(tables, ask_all([{"command": "contingency_measures", "counts": table} for table in tables])):
        # Quotients of the same integers.
        np.testing.assert_array_equal(array(ours), measures_by_numpy(table))
    assert ask_all([{"command": "contingency_measures", "counts": []}])[0] == [None] * 5


def test_measures_are_refused_by_the_numbers():
    assert "a table of 1 x 2" in refusal("contingency_measures", counts=[[1, 2]])
    assert "-2 at row 0, column 1" in refusal("contingency_measures", counts=[[1, -2], [0, 0]])
    assert "-1 at row 0, column 0" in refusal("assignment", counts=[[-1]])


def tables_to_pair(rng):
    for _ in range(80):
        shape = rng.integers(1, 40, size=2)
        table = rng.poisson(rng.choice([0.1, 1, 20]), size=shape)
        table[rng.random(shape[0]) < 0.2] = 0
        yield table
    yield np.full((6, 6), 3)
    yield np.full((7, 3), 1)
    yield np.full((3, 7), 1)
    yield np.zeros((4, 5), int)
    yield np.diag([5, 0, 2])
    yield np.array([[2**40, 2**40 - 1], [2**40, 2**40 - 2]])


def test_pairs_of_the_largest_trace(rng):
    tables = list(tables_to_pair(rng))
    requests = [{"command": "assignment", "counts": table} for table in tables]
    answers = ask_all(requests)
    assert answers == ask_all(requests)
    for table, ours in zip(tables, answers):
        assert ours["trace"] == table[linear_sum_assignment(table, maximize=True)].sum()
        pairs = [(row, column) for row, column in enumerate(ours["column_of_row"]) if column >= 0]
        assert sum(table[pair] for pair in pairs) == ours["trace"]
        assert all(table[pair] > 0 for pair in pairs)
        assert sorted(pairs) == sorted((row, column) for column, row in enumerate(ours["row_of_column"]) if row >= 0)
        check_order(table, ours)


def check_order(table, ours):
    """Rows with a partner by column, then the others by descending sum, then by index."""
    column, size = ours["column_of_row"], table.sum(axis=1)
    key = [(0, column[row], 0) if column[row] >= 0 else (1, -size[row], row) for row in range(len(table))]
    assert ours["row_order"] == sorted(range(len(table)), key=key.__getitem__)


def test_equal_counts_are_paired_by_index():
    assert ask("assignment", counts=np.full((5, 5), 2))["column_of_row"] == [0, 1, 2, 3, 4]
    tall = ask("assignment", counts=np.full((4, 2), 2))
    assert (tall["column_of_row"], tall["row_of_column"]) == ([0, 1, -1, -1], [0, 1])
    empty = ask("assignment", counts=[])
    assert (empty["column_of_row"], empty["row_order"], empty["trace"]) == ([], [], 0)
