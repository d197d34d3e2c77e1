"""What a newcomer meets first: help, version and slips on the command line."""

import re

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

import pytest
from program import ROOT, call, refused, succeed

COMMANDS = ["simulate", "import", "plan", "run", "train", "evaluate", "reduce", "status", "verify", "report", "export", "predict", "bench"]
GROUPS = {"import": {"mat", "csv"}, "bench": {"train", "gmm", "io"}}
LEAVES = [c for c in COMMANDS if c not in GROUPS] + [f"{group} {leaf}" for group, leaves in GROUPS.items() for leaf in sorted(leaves)]


@pytest.mark.parametrize("words", [[], ["help"], ["--help"], ["-h"]], ids=str)
def test_program_explains_itself(words):
    done = succeed(*words)
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE), command
    assert "mpirun" in done.stdout and "Exit codes" in done.stdout and done.stderr == ""


@pytest.mark.parametrize("command", LEAVES)
def test_command_explains_itself(command):
    text = succeed("help", *command.split()).stdout
    assert succeed(*command.split(), "--help").stdout == text
    assert f"Usage: cplae {command}" in text
    assert f"cplae {command}" in text.split("Example")[-1] or command in ("train", "evaluate", "reduce")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("command", LEAVES)
def test_every_option_is_explained(command):
    options = re.findall(r"^  (-\S.*)$", succeed("help", *command.split()).stdout, re.MULTILINE)
    assert len(options) >= 1
    text = succeed("help", *command.split()).stdout.splitlines()
    for option in options:
        at = next(i for i, line in enumerate(text) if line.strip() == option.strip())
        alone = not re.search(r"\S {2,}\S", option)
        assert not alone or text[at + 1].startswith(" " * 20), option


@pytest.mark.parametrize("group", GROUPS)
def test_help_on_a_group_lists_its_commands(group):
    assert GROUPS[group] <= set(re.findall(r"^  (\w+) ", succeed("help", group).stdout, re.MULTILINE))


def test_help_on_keys_is_their_page():
    assert succeed("help", "keys").stdout == (ROOT / "docs/study-keys.md").read_text()


def test_version():
    text = succeed("--version").stdout
    assert re.fullmatch(r"cplae \d+\.\d+\.\d+ \(\S+\)\n", text), text


def test_version_is_the_project_s():
    lists = (ROOT / "CMakeLists.txt").read_text()
    assert re.search(r"project\(cplae VERSION (\S+)", lists).group(1) in succeed("--version").stdout


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["rnu"], ["rnu", "run"]),
        (["simulat", "--preset", "tiny"], ["simulat", "simulate"]),
        (["help", "expotr"], ["expotr", "export"]),
        (["help", "import", "matt"], ["matt", "mat"]),
        (["help", "kyes"], ["kyes", "keys"]),
        (["help", "run", "foo"], ["cplae run has no command 'foo'"]),
        (["predictions"], ["predictions", "simulate, import", "predict"]),
        (["--verison"], ["--verison", "--version"]),
        (["simulate", "--preset", "tiny"], ["simulate", "--out is required"]),
        (["simulate", "--out", "a.h5mu"], ["simulate", "--preset is required"]),
        (["simulate", "--preset", "tiny", "--ot", "a.h5mu"], ["--ot", "--out"]),
        (["simulate", "--preset", "tiny", "--out", "a.h5mu", "--seed", "two"], ["--seed", "two"]),
        (["simulate", "--preset", "tiny", "--out", "a.h5mu", "more"], ["simulate", "more"]),
        (["import"], ["import"]),
        (["import", "cvs"], ["import", "cvs", "csv"]),
        (["run", "--data", "d.h5mu", "--out", "r"], ["run", "STUDY"]),
        (["run", "s.toml", "--out", "r"], ["run", "--data"]),
        (["run", "s.toml", "--data", "d.h5mu"], ["run", "--out"]),
        (["run", "s.toml", "--data", "d.h5mu", "--out", "r", "--sett", "a=1"], ["--sett", "--set"]),
        (["status"], ["status", "RUN"]),
        (["export", "r"], ["export", "--to"]),
        (["plan", "s.toml", "--data", "d", "--ranks", "many"], ["plan", "--ranks", "many"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_slips_on_the_command_line(words, names, tmp_path):
    refused(*words, names=names, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_mistake_is_told_once_by_two_ranks():
    refused("run", "s.toml", "--dta", "d.h5mu", "--out", "r", ranks=2, names=["--dta", "--data"])


@pytest.mark.parametrize("study", sorted((ROOT / "jobs").glob("*.toml")), ids=lambda path: path.name)
def test_commands_in_the_jobs_are_commands(study):
    """The head of each study says how to get its data."""
    text = study.read_text()
    tomllib.loads(text)
    for command in re.findall(r"cplae (simulate|import|plan) ", text):
        assert call("help", command).returncode == 0
