"""A sample of the faults of write_faults.py: every sort of call on every sort of file once, each by another kind of fault."""

import re

import pytest
from harness import error_lines  # noqa: F401  (puts the program's helpers on the path)
from write_faults import KINDS, name_of, plain_calls, strike


def sort_of(call, path):
    """What a call does, without which network or process does it."""
    name = name_of(path)
    ending = name if name.startswith(("results", "study", "provenance", "lock", "SHA")) else re.sub(r".*\.", ".", name)
    return call, ending, ".part" in path


def sample(calls):
    """sort -> number of a call of this sort: its last, by which most has happened."""
    return {sort_of(*call): number for number, call in enumerate(calls, start=1)}


def struck(bench, ranks, rank, only=lambda sort: True):
    chosen = {sort: at for sort, at in sample(plain_calls(bench, ranks, rank)).items() if only(sort)}
    results = {}
    for turn, (sort, at) in enumerate(sorted(chosen.items())):
        fitting = [kind for kind in KINDS if kind != "SHORT" or sort[0] == "write"]
        fitting = [kind for kind in fitting if kind != "EINTR" or sort[0] not in ("rename", "mkdir")]
        kind = fitting[turn % len(fitting)]
        results[kind, at, *sort] = strike(bench, kind, at, ranks, rank)
    return results


def test_one_process(bench):
    results = struck(bench, 0, 0)
    assert len(results) > 30 and None not in results.values()
    assert {key: found for key, found in results.items() if found[2]} == {}


@pytest.mark.parametrize("rank", [0, 1])
def test_two_ranks_and_results(bench, rank):
    """results.h5 is written by both: the other rank must neither hang nor go on."""
    results = struck(bench, 2, rank, only=lambda sort: sort[1] == "results.h5" or sort[:2] == ("write", ".unit"))
    assert len(results) >= 3
    assert {key: found for key, found in results.items() if found and found[2]} == {}
