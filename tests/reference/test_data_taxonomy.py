"""Taxonomies: R's dendrogram table, and merging by height against SciPy's cutting of the same trees."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from data_probe import ask, refused
from scipy.cluster.hierarchy import fcluster, linkage

SHARED = Path(os.environ.get("CPLAE_SHARED", "/nonexistent"))


def write_tree(path, linked):
    """A linkage as R writes a dendrogram: leaves t0.., inner nodes n<k>, NA for the root's parent."""
    n = len(linked) + 1
    label = [f"t{i}" for i in range(n)] + [f"n{i}" for i in range(n, 2 * n - 1)]
    parent = ["NA"] * (2 * n - 1)
    for k, (a, b, _, _) in enumerate(linked):
        parent[int(a)] = parent[int(b)] = label[n + k]
    with path.open("w", newline="") as file:
        out = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        out.writerow(["x", "height", "leaf", "label", "parent", "col"])
        for i in np.random.default_rng(0).permutation(2 * n - 1):
            out.writerow([0.5, 0.0 if i < n else linked[i - n][2], "TRUE" if i < n else "NA", label[i], parent[i], f"#{i:06X}" if i < n else "NA"])


def partition(groups):
    """Which leaves are together, whatever their class is called."""
    classes = {}
    for leaf, group in groups.items():
        classes.setdefault(group, set()).add(leaf)
    return sorted(map(sorted, classes.values()))


@pytest.mark.parametrize("seed", range(4))
def test_merging_cuts_the_tree_as_scipy_does(tmp_path, seed):
    n = 23
    linked = linkage(np.random.default_rng(seed).normal(size=(n, 3)), "average")
    assert len(set(linked[:, 2])) == n - 1  # no ties: SciPy's cut is then the only one of its size
    write_tree(tmp_path / "tree.csv", linked)
    leaves = [f"t{i}" for i in range(n)]
    found = ask({"do": "taxonomy", "path": str(tmp_path / "tree.csv"), "present": leaves, "classes": list(range(1, n + 3))})
    assert {node["label"]: node["colour"] for node in found["nodes"]} == {f"t{i}": f"#{i:06X}" for i in range(n)} | {
        f"n{i}": "" for i in range(n, 2 * n - 1)
    }
    for classes, merged in zip(range(1, n + 3), found["merges"]):
        cut = dict(zip(leaves, fcluster(linked, min(classes, n), "maxclust")))
        assert partition(merged) == partition(cut)
        assert len(set(merged.values())) == min(classes, n)


def test_merging_a_part_of_the_leaves_is_cutting_the_pruned_tree(tmp_path):
    """Pruned by hand: a join of SciPy's linkage counts where both sides hold leaves that are present."""
    n = 30
    rng = np.random.default_rng(9)
    linked = linkage(rng.normal(size=(n, 2)), "complete")
    write_tree(tmp_path / "tree.csv", linked)
    present = sorted(f"t{i}" for i in rng.choice(n, 13, replace=False))
    found = ask({"do": "taxonomy", "path": str(tmp_path / "tree.csv"), "present": present, "classes": list(range(1, 14))})
    members = [{f"t{i}"} & set(present) for i in range(n)]
    expected = {13: [[p] for p in present]}
    for a, b, _, _ in linked:
        members.append(members[int(a)] | members[int(b)])
        if members[int(a)] and members[int(b)]:
            last = expected[min(expected)]
            expected[len(last) - 1] = sorted([g for g in last if not set(g) <= members[-1]] + [sorted(members[-1])])
    for classes, merged in zip(range(1, 14), found["merges"]):
        assert partition(merged) == expected[classes], classes


def test_the_reference_taxonomy():
    path = SHARED / "data" / "reference_taxonomy" / "dend_RData_Tree_20181220.csv"
    if not path.exists():
        pytest.skip(f"no {path}: the real taxonomy was NOT tested")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    leaves = [r["label"] for r in rows if r["leaf"] == "TRUE"]
    found = ask({"do": "taxonomy", "path": str(path), "present": leaves, "classes": [1, 5, 10, 20, 40, 60, len(leaves)]})
    assert [(n["label"], n["parent"], n["height"], n["leaf"]) for n in found["nodes"]] == [
        (r["label"], "" if r["parent"] == "NA" else r["parent"], float(r["height"]), r["leaf"] == "TRUE") for r in rows
    ]
    assert len(leaves) == 93
    assert [n["colour"] for n in found["nodes"]] == [r["col"] if r["col"].startswith("#") else "" for r in rows]
    for classes, merged in zip([1, 5, 10, 20, 40, 60, 93], found["merges"]):
        # Joins of more than two, or of nodes at one height, may leave fewer classes than asked for, never more.
        assert len(set(merged.values())) <= classes
    assert set(found["merges"][0].values()) == {"n3"}
    assert found["merges"][-1] == {leaf: leaf for leaf in leaves}


def test_bad_tables(tmp_path):
    path = tmp_path / "tree.csv"
    for text, words in [
        ("label,parent,height\nr,,1\n", ["no column 'leaf'"]),
        ("label,parent,height,leaf\nr,NA,high,NA\n", ["line 2, column 'height'", "'high'"]),
        ("label,parent,height,leaf\nr,NA,1,NA\na,r,0,maybe\n", ["line 3, column 'leaf'", "'maybe'"]),
        ("label,parent,height,leaf\nr,NA,1,NA\na,q,0,TRUE\n", ["'a'", "parent 'q'"]),
        ("label,parent,heights,leaf\nr,NA,1,NA\n", ["no column 'height'", "did you mean 'heights'?"]),
    ]:
        path.write_text(text)
        refused({"do": "taxonomy", "path": str(path)}, "DataError", "tree.csv", *words)
