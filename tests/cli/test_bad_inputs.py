"""The table of bad inputs: exit 2, the one line of bad_inputs.txt, nothing written.

    CPLAE_BIN_DIR=build/bin build/env/bin/python tests/cli/test_bad_inputs.py     writes bad_inputs.txt anew: read the difference
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from bad_inputs import CASES
from program import CPLAE, SMOKE, call, succeed

LINES = Path(__file__).with_name("bad_inputs.txt")
FEWEST = 60
NOBODY = 65534


def files_below(folder):
    """What a refused command must leave alone."""
    return {
        path.relative_to(folder): None if path.is_dir() or path.is_fifo() else path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))
    }


def table():
    pairs = (line.split(": ", 1) for line in LINES.read_text().splitlines())
    return dict(pairs)


def refusal(name, folder, tiny):
    """The line of a case, with names that do not change from machine to machine."""
    words = CASES[name](folder, tiny)
    before = files_below(folder)
    done = call(*words, cwd=folder)
    assert done.returncode == 2, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert files_below(folder) == before
    line = done.stderr.removeprefix("cplae: ").rstrip("\n")
    for path, word in [(folder, "FOLDER"), (tiny.parent, "DATA"), (SMOKE.parents[1], "PROJECT")]:
        line = line.replace(str(path), word)
    return re.sub(r"eof = \d+", "eof = N", line)


def test_there_are_enough():
    assert len(CASES) >= FEWEST
    assert list(table()) == list(CASES), "cases and lines differ"
    assert len(set(table().values())) > FEWEST, "many get the same line"


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name, tiny, tmp_path):
    assert refusal(name, tmp_path, tiny) == table()[name]


@pytest.fixture
def nobody(tmp_path):
    """Runs the program as a user without rights; root has them all."""
    folder = Path(tempfile.mkdtemp(prefix="cplae_rights_"))
    folder.chmod(0o755)

    def run(*words):
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        return subprocess.run([CPLAE, *map(str, words)], capture_output=True, text=True, cwd=folder, timeout=300, **user)

    try:
        able = run("--version").returncode == 0
    except PermissionError:
        able = False
    if not able:
        shutil.rmtree(folder)
        pytest.skip("another user cannot start the program here: missing rights were NOT tested")
    yield folder, run
    shutil.rmtree(folder)


def one_line(done, *words):
    assert done.returncode == 2, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert str(word) in done.stderr


def test_data_without_the_right_to_read(nobody, tiny):
    folder, run = nobody
    data = Path(shutil.copy(tiny, folder / "data.h5mu"))
    study = Path(shutil.copy(SMOKE, folder / "study.toml"))
    data.chmod(0)
    one_line(run("plan", study, "--data", data), data, "Permission denied")
    data.chmod(0o644)
    study.chmod(0)
    one_line(run("plan", study, "--data", data), study, "Permission denied")


def test_a_folder_without_the_right_to_write(nobody, tiny):
    folder, run = nobody
    data = Path(shutil.copy(tiny, folder / "data.h5mu"))
    study = Path(shutil.copy(SMOKE, folder / "study.toml"))
    closed = folder / "closed"
    closed.mkdir(mode=0o555)
    one_line(run("run", study, "--data", data, "--out", closed / "run"), closed, "may not be written")
    one_line(run("simulate", "--preset", "tiny", "--out", closed / "x.h5mu"), closed, "may not be written")
    assert list(closed.iterdir()) == []


def write_table():
    with tempfile.TemporaryDirectory() as top:
        tiny = Path(top) / "cohort" / "tiny.h5mu"
        tiny.parent.mkdir()
        succeed("simulate", "--preset", "tiny", "--seed", 1, "--out", tiny)
        lines, wrong = [], []
        for number, name in enumerate(CASES):
            folder = Path(top) / str(number)
            folder.mkdir()
            try:
                lines.append(f"{name}: {refusal(name, folder, tiny)}\n")
            except AssertionError as error:
                wrong.append(f"{name}: {error}")
    LINES.write_text("".join(lines))
    return wrong


if __name__ == "__main__":
    sys.exit("\n\n".join(write_table()) or None)
