"""Scripts parse, and what the words of the project point at exists."""

import json
import re
import shutil
import subprocess

import pytest

from sources import ROOT

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

SCRIPTS = sorted([*(ROOT / "scripts").rglob("*.sh"), *(ROOT / "slurm").rglob("*.sbatch"), *(ROOT / "slurm").rglob("*.sh"), ROOT / ".ci/run"])
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "results").rglob("*.md")])
STUDIES = sorted((ROOT / "jobs").glob("*.toml"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_parses_and_is_strict(script):
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    if script.parent.name == "slurm" and not text.startswith("#!"):
        return  # read by users' own shells, which strict mode would end at the first slip
    assert "set -euo pipefail" in text or "/common.sh" in text, "not in bash's strict mode"


def test_shellcheck_has_nothing_to_say():
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck: the scripts were NOT checked by it (apt-get install shellcheck)")
    done = subprocess.run(["shellcheck", "-x", "-P", "SCRIPTDIR", *SCRIPTS], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(text):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text.read_text())
    lost = [link for link in links if "://" not in link and not link.startswith("mailto:") and not (text.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(text):
    """Studies, scripts and analysis programs named in the words, wherever a command or a path is given."""
    named = set(re.findall(r"\b(?:jobs|scripts|analysis|slurm)/[\w./-]+\.(?:toml|sh|py|sbatch|txt)\b", text.read_text()))
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.name)
def test_studies_are_toml(study):
    with study.open("rb") as file:
        assert "study" in tomllib.load(file)


def test_set_up_installs_what_the_report_imports():
    """scripts/python_env.sh installs the package without its requirements, which are in its own list."""
    with (ROOT / "analysis" / "pyproject.toml").open("rb") as file:
        wanted = {line.split(";")[0].strip() for line in tomllib.load(file)["project"]["dependencies"]}
    listed = {line.split(";")[0].strip() for line in (ROOT / "scripts" / "requirements-analysis.txt").read_text().splitlines()}
    assert wanted <= listed and len(wanted) > 4


def test_presets_are_those_of_the_house():
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
    folders = {preset["name"]: preset.get("binaryDir") for preset in presets if not preset.get("hidden")}
    assert set(folders) == {"release", "debug", "asan", "ubsan", "fuzz"}
    assert folders["release"].endswith("/build")
