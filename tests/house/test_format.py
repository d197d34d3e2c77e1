"""All C++ is laid out by .clang-format."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sources import ROOT, cpp_files


def pinned_version():
    return re.search(r"^clang-format==(\S+)$", (ROOT / "scripts/requirements-tests.txt").read_text(), re.MULTILINE).group(1)


def clang_format():
    """The program of the pinned version (others lay the same code out otherwise): beside this Python, or on PATH."""
    for program in (Path(sys.executable).parent / "clang-format", shutil.which("clang-format")):
        if program and Path(program).exists():
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            if pinned_version() in said:
                return str(program)
    pytest.skip(f"no clang-format {pinned_version()}: the layout of the C++ files was NOT checked (pip install clang-format=={pinned_version()})")


def test_cpp_files_are_laid_out():
    files = [str(path) for path in cpp_files("include", "src", "tests", "fuzz")]
    assert len(files) > 20
    done = subprocess.run([clang_format(), "--dry-run", "-Werror", *files], capture_output=True, text=True, cwd=ROOT)
    wrong = sorted({line.split(":")[0].removeprefix(f"{ROOT}/") for line in done.stderr.splitlines() if "clang-format-violations" in line})
    assert done.returncode == 0, f"run clang-format -i on: {' '.join(wrong)}"
