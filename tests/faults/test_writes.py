"""A sample of the faults of write_faults.py: every sort of call on every sort of file once, each by another kind of fault."""

import re

import pytest
from harness import call_with, fault_settings, hashes, succeed
from write_faults import KINDS, judge, name_of, plain_calls, strike


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


def outcomes_of(words, out):
    """The same command struck in every sort of call on what it writes: what was wrong, by call."""
    log, kept = out.parent / f"{out.name}.log", hashes(out, "*.*")
    wrong = {}
    assert call_with(fault_settings(out, "COUNT", log=log), words).returncode == 0
    calls = [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]
    assert hashes(out, "*.*") == kept and {call for call, _ in calls} >= {"open", "write", "close", "rename"}
    for turn, (sort, at) in enumerate(sorted(sample(calls).items())):
        kind = ("ENOSPC", "EIO")[turn % 2]
        log.unlink(missing_ok=True)
        done = call_with(fault_settings(out, kind, at, log=log), words)
        if not log.exists():
            wrong[kind, at, *sort] = f"never came, exit {done.returncode}"
            continue
        hit = tuple(log.read_text().splitlines()[0].split(" ", 2)[1:])
        if found := judge(done, kind, hit, 0):
            wrong[kind, at, *sort] = found
        if hashes(out, "*.*") != kept and sort[0] != "rename":
            wrong[kind, at, *sort] = f"left {sorted(hashes(out, '*'))}"
    assert call_with({}, words).returncode == 0 and hashes(out, "*.*") == kept
    return wrong


def test_other_commands(bench, tmp_path):
    """What is there already stays as it is, since nothing is replaced before it is whole."""
    table = tmp_path / "t.csv"
    table.write_text("cell,a,b\n" + "".join(f"c{i},{i},{i * i}\n" for i in range(9)))
    commands = {
        "simulate": ["simulate", "--preset", "tiny", "--seed", 1],
        "import": ["import", "csv", "--modality", f"T={table}"],
        "export": ["export", bench.reference],
    }
    for name, words in commands.items():
        out = tmp_path / name
        out.mkdir()
        words = [*words, *(["--to", out / "made.h5mu"] if name == "export" else ["--out", out / "made.h5mu", "--force"])]
        succeed(*words)
        assert outcomes_of(words, out) == {}, name
