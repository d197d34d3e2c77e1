"""CTest tells a program whose tests were all skipped from one that passed: what was not tested must not look tested."""

import subprocess
import sys

import pytest
from sources import ROOT

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(skipping LANGUAGES CXX)
enable_testing()
include({module})
foreach(kind all some none failing)
  cplae_python_test(${{kind}} FILE test_${{kind}}.py)
endforeach()
"""
PASSES = "def test_passes():\n    pass\n"
SKIPS = "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_skips(n):\n    pytest.skip('nothing to test with')\n"
FAILS = "def test_fails():\n    assert 3 == 4\n"
PROGRAMS = {"all": SKIPS, "some": SKIPS + PASSES, "none": PASSES, "failing": SKIPS + FAILS}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    folder = tmp_path_factory.mktemp("skipping")
    (folder / "CMakeLists.txt").write_text(PROJECT.format(module=ROOT / "cmake" / "CplaeTest.cmake"))
    for kind, program in PROGRAMS.items():
        (folder / f"test_{kind}.py").write_text(program)
    words = ["cmake", "-S", folder, "-B", folder / "build", f"-DCPLAE_PYTHON={sys.executable}"]
    subprocess.run([*map(str, words)], check=True, capture_output=True)
    done = subprocess.run(["ctest", "--test-dir", folder / "build"], capture_output=True, text=True)
    return {line.split()[3]: line for line in done.stdout.splitlines() if " Test #" in line}


@pytest.mark.parametrize(("kind", "word"), [("all", "***Skipped"), ("some", "   Passed"), ("none", "   Passed"), ("failing", "***Failed")])
def test_ctest_tells(kind, word, said):
    assert word in said[kind], said
