"""The report at the end of `cplae run` and `reduce`: which Python, what it is told, and that its failures are its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from program import CPLAE, SMOKE, command

STUB = """#!{python}
import os, signal, sys, time
{body}
"""


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("start") / "run"
    assert start(tiny, folder, "").returncode == 0
    return folder


def start(data, folder, python, *more, what="run", ranks=0, **environment):
    """The program with CPLAE_PYTHON as given; None: not set."""
    own = {name: value for name, value in os.environ.items() if name != "CPLAE_PYTHON"} | environment
    if python is not None:
        own["CPLAE_PYTHON"] = str(python)
    words = command(what, SMOKE, "--data", data, "--out", folder, *more, ranks=ranks)
    return subprocess.run(words, capture_output=True, text=True, env=own, timeout=600)


def stub(folder, body):
    """A program in Python's place."""
    path = folder / "python"
    path.write_text(STUB.format(python=sys.executable, body=body))
    path.chmod(0o755)
    return path


def report_lines(done):
    return [line for line in done.stderr.splitlines() if "report" in line]


def test_empty_means_none(tiny, finished):
    done = start(tiny, finished, "", what="reduce")
    assert done.returncode == 0 and report_lines(done) == [] and not (finished / "report.html").exists()


def test_python_that_is_not_there_is_one_line(tiny, finished, tmp_path):
    done = start(tiny, finished, tmp_path / "none" / "python", what="reduce")
    assert done.returncode == 0
    (line,) = report_lines(done)
    assert str(tmp_path / "none" / "python") in line and "scripts/setup.sh demo" in line and f"python -m cplae_analysis {finished}" in line


def test_python_beside_the_program_is_the_one(tiny, finished, tmp_path):
    """../env/bin/python of the program's folder."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "env" / "bin").mkdir(parents=True)
    os.link(CPLAE, tmp_path / "bin" / "cplae") if os.stat(CPLAE).st_dev == os.stat(tmp_path).st_dev else (tmp_path / "bin" / "cplae").write_bytes(CPLAE.read_bytes())
    (tmp_path / "bin" / "cplae").chmod(0o755)
    made = stub(tmp_path / "env" / "bin", "print(' '.join(sys.argv[1:]), file=sys.stderr); sys.exit(4)")
    own = {name: value for name, value in os.environ.items() if name != "CPLAE_PYTHON"}
    words = [tmp_path / "bin" / "cplae", "reduce", SMOKE, "--data", tiny, "--out", finished]
    done = subprocess.run(words, capture_output=True, text=True, env=own, timeout=600)
    (line,) = report_lines(done)
    assert done.returncode == 0 and f"no report ({made}: -m cplae_analysis {finished.resolve()})" in line


def test_package_that_is_not_there_is_one_line(tiny, finished, tmp_path):
    done = start(tiny, finished, stub(tmp_path, "os.execv(sys.executable, [sys.executable, '-I', '-S', *sys.argv[1:]])"), what="reduce")
    (line,) = report_lines(done)
    assert done.returncode == 0 and "No module named cplae_analysis" in line and "python -m cplae_analysis" in line


@pytest.mark.parametrize(("body", "words"), [("sys.exit(7)", "exit code 7"), ("print('report: why', file=sys.stderr); sys.exit(2)", "report: why"), ("os.kill(os.getpid(), 9)", "exit code 137")])
def test_a_report_that_fails_leaves_the_exit_code(tiny, finished, tmp_path, body, words):
    done = start(tiny, finished, stub(tmp_path, body), what="reduce")
    (line,) = report_lines(done)
    assert done.returncode == 0 and words in line


def test_an_old_report_goes_before_the_tables_change(tiny, finished, tmp_path):
    (finished / "report.html").write_text("of other tables")
    body = "print('old' if os.path.exists(os.path.join(sys.argv[-1], 'report.html')) else 'gone', file=sys.stderr); sys.exit(1)"
    done = start(tiny, finished, stub(tmp_path, body), what="reduce")
    assert "gone" in report_lines(done)[0] and not (finished / "report.html").exists()


def test_no_report_where_none_is_wanted(tiny, finished, tmp_path):
    marked = stub(tmp_path, f"open({str(tmp_path / 'started')!r}, 'w')")
    for what, more in (("reduce", ["--no-report"]), ("run", ["--no-report"]), ("evaluate", [])):
        assert start(tiny, finished, marked, *more, what=what).returncode == 0
    assert not (tmp_path / "started").exists()
    assert start(tiny, finished, marked, what="run").returncode == 0 and (tmp_path / "started").exists()


def test_child_is_no_rank_and_starts_once(tiny, tmp_path):
    """On two ranks: one child, nothing of MPI or SLURM in its environment, nothing imported from the user's folder."""
    out = tmp_path / "seen"
    python = stub(tmp_path, f"open({str(out)!r}, 'a').write('\\n'.join(f'{{k}}={{v}}' for k, v in os.environ.items()) + '\\nend\\n')")
    done = start(tiny, tmp_path / "run", python, ranks=2, SLURM_JOB_ID="77", MINE="kept")
    assert done.returncode == 0, done.stderr
    seen = out.read_text().splitlines()
    assert seen.count("end") == 1 and "MINE=kept" in seen and "PYTHONSAFEPATH=1" in seen
    assert [line for line in seen if re.match(r"(OMPI|PMIX|PMI|OPAL|ORTE|PRTE|SLURM)_", line)] == []


def test_a_signal_ends_the_report_and_not_the_run(tiny, finished, tmp_path):
    """The stub starts a process of its own, which must end with it."""
    started = tmp_path / "pids"
    body = f"child = os.fork()\nopen({str(started)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(600)"
    own = os.environ | {"CPLAE_PYTHON": str(stub(tmp_path, body))}
    words = command("reduce", SMOKE, "--data", tiny, "--out", finished)
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=own) as process:
        while not (started.exists() and started.read_text().count("\n") == 2):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
    assert process.returncode == 0 and "stopped by a signal" in said
    for pid in map(int, started.read_text().split()):
        assert not is_running(pid)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_overwriting_a_run_removes_its_report(tiny, finished, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    (run / "figures").mkdir()
    for name in ("report.html", "figures/losses.svg", "figures/losses.pdf", "figures/mine.png", "report.html.part123"):
        (run / name).write_text("of an earlier run")
    done = start(tiny, run, "", "--overwrite")
    assert done.returncode == 0 and "report.html" in done.stderr and "figures (SVG)" in done.stderr
    assert not (run / "report.html").exists() and [path.name for path in (run / "figures").iterdir()] == ["mine.png"]
    assert not (run / "report.html.part123").exists(), "what a report that was killed has left"


def reported(folder, python):
    own = {**os.environ, "CPLAE_PYTHON": str(python)}
    return subprocess.run(command("report", folder), capture_output=True, text=True, env=own, timeout=600)


def test_the_report_alone(finished, tmp_path):
    """For batch scripts, after ranks that were told --no-report: the same call of the same Python, and a code that tells."""
    body = "open(sys.argv[3] + '/report.html', 'w').write(' '.join(sys.argv[1:3]))"
    done = reported(finished, stub(tmp_path, body))
    assert done.returncode == 0 and report_lines(done)[-1].endswith(f"report: {finished}/report.html"), done.stderr
    assert (finished / "report.html").read_text() == "-m cplae_analysis"
    (finished / "report.html").unlink()


def test_the_report_alone_tells_why_there_is_none(finished, tmp_path):
    done = reported(finished, stub(tmp_path, "sys.exit(7)"))
    assert done.returncode == 1 and "exit code 7" in done.stderr
    assert reported(finished, "").returncode == 0
    assert "complete" not in done.stderr, "of a damaged run that would be wrong"
    done = reported(tmp_path, "")
    assert done.returncode == 2 and done.stderr == f"cplae: {tmp_path}: no run folder of cplae (there is no provenance.json)\n"


@pytest.mark.parametrize("missing", ["results.h5", "tables/summary.csv"])
def test_a_run_that_is_not_finished_has_no_report_to_make(finished, tmp_path, missing):
    """Said in one line, before a Python is started; nothing is advised that would fail as well."""
    run = shutil.copytree(finished, tmp_path / "run")
    (run / missing).unlink()
    done = reported(run, stub(tmp_path, f"open({str(tmp_path / 'started')!r}, 'w')"))
    name = missing.rsplit("/", 1)[-1]
    assert done.returncode == 2 and done.stderr == f"cplae: {run}: not finished, has no {name} yet; the same cplae run goes on\n"
    assert not (tmp_path / "started").exists()
