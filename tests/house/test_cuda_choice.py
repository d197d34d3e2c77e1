"""Which nvcc the build takes: one that cannot compile the kernels is named, and the build goes without it unless it was asked for."""

import os
import subprocess

import pytest

from sources import ROOT

PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(choice LANGUAGES CXX)
include("{ROOT}/cmake/CplaeCuda.cmake")
message(STATUS "taken: ${{CPLAE_CUDA_FOUND}}")
"""
OLD = 'echo "Cuda compilation tools, release 11.8, V11.8.89"'
PICKY = 'case "$1" in --version) echo "release 12.0, V12.0.1" ;; *) echo "error: unsupported GNU version" >&2; exit 1 ;; esac'
SILENT = "exit 1"


def configure(folder, nvcc, *settings):
    """Of a project that asks for nothing but CUDA, with this script as the nvcc on PATH."""
    fake = folder / "bin" / "nvcc"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\n{nvcc}\n")
    fake.chmod(0o755)
    (folder / "CMakeLists.txt").write_text(PROJECT)
    path = f"{fake.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["cmake", "-S", folder, "-B", folder / "build", *settings], capture_output=True, text=True, env=os.environ | {"PATH": path}
    )


@pytest.mark.parametrize(
    ("nvcc", "words"),
    [(OLD, "CUDA 11.8, expected 12 or newer"), (PICKY, "unsupported GNU version"), (SILENT, "names no release")],
    ids=["old", "picky", "silent"],
)
def test_auto_goes_without_an_nvcc_that_cannot_compile_and_says_why(nvcc, words, tmp_path):
    done = configure(tmp_path, nvcc)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout and "trains groups of networks on no GPU" in done.stdout and "taken: OFF" in done.stdout


def test_on_refuses_it_naming_its_version(tmp_path):
    done = configure(tmp_path, OLD, "-DCPLAE_CUDA=ON")
    assert done.returncode != 0
    assert "CUDA 11.8" in " ".join(done.stderr.split())
