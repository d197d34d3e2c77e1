"""Damaged unit files: cut anywhere and with any bit of the header flipped, they are recognised and their work is done again.

That the reader refuses every cut and every flipped bit of a record is shown in tests/unit/core/test_record.cpp; here the program meets them,
every unit of a run damaged in another way at a time."""

import shutil

import pytest
from harness import hashes, succeed
from program import call

ROUNDS = 3


def units(run):
    return sorted((run / "work").rglob("*.unit"))


def header_bytes(content):
    return 20 + int.from_bytes(content[12:20], "little")


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_cut(bench, tmp_path, turn):
    """The first bytes one by one, the others evenly spread."""
    run = shutil.copytree(bench.reference, tmp_path / "run")
    files = units(run)
    for number, path in enumerate(files):
        content = path.read_bytes()
        place = turn * len(files) + number
        cut = place if number % 2 else (len(content) - 1) * place // (ROUNDS * len(files))
        path.write_bytes(content[:cut])
    mended(bench, run, files)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_flipped_bit(bench, tmp_path, turn):
    """Magic, version, length and header of every unit, each at another bit."""
    run = shutil.copytree(bench.reference, tmp_path / "run")
    files = units(run)
    for number, path in enumerate(files):
        content = bytearray(path.read_bytes())
        bit = (turn * len(files) + number) * 37 % (8 * header_bytes(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
    mended(bench, run, files)


def mended(bench, run, files):
    done = call("verify", run)
    assert done.returncode == 1 and done.stdout.count("damaged: ") == len(files), done.stdout
    shown = call("status", run)
    assert shown.returncode == 0 and "networks    0 of 3 done" in shown.stdout, shown.stdout
    done = succeed(*bench.words(run))
    assert all(path.name in done.stderr for path in files)
    bench.assert_same(run)


def test_damaged_checkpoints(bench, tmp_path):
    """A network whose checkpoint is torn begins anew; one whose checkpoint is another's too."""
    run = tmp_path / "run"
    words = ["training.steps=7", "training.keep_best_after=4"]
    changes = [word for change in words for word in ("--set", change)]
    succeed(*bench.words(tmp_path / "whole"), *changes)
    succeed(*bench.words(run), *changes)
    before = hashes(run / "work/networks")
    for unit in units(run):
        unit.unlink()
    (run / "results.h5").unlink()
    networks = run / "work/networks"
    (networks / "folds,fold=0.ckpt").write_bytes(b"CPLAEREC\x01\0\0\0")
    shutil.copy(tmp_path / "whole/work/networks/folds,fold=0.unit", networks / "folds,fold=1.ckpt")
    done = succeed(*bench.words(run), *changes)
    assert "folds,fold=0.ckpt" in done.stderr and "folds,fold=1.ckpt" in done.stderr
    assert hashes(run / "work/networks").keys() == before.keys()
    succeed("verify", tmp_path / "whole", run)
