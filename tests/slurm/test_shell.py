"""Parts of slurm/job.sh by themselves, in a shell without SLURM."""

import json
import os
import subprocess

import pytest
from jobs import ROOT

JOB = "300"


def shell(text, *, path=None, **environment):
    """Runs bash on job.sh and a text; what it prints, without the last line's end."""
    known = {"PATH": path or os.environ["PATH"], "SLURM_JOB_ID": JOB, **environment}
    words = ["bash", "-c", f'source "{ROOT}/slurm/job.sh"\n{text}']
    done = subprocess.run(words, env=known, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def opened_by(run, *jobs):
    """A run folder with one session for each job, as the program writes it."""
    run.mkdir()
    sessions = [{"command": [f'cplae run "SLURM_JOB_ID": "{JOB}"'], "slurm": {"SLURM_JOB_ID": job}} for job in jobs]
    (run / "provenance.json").write_text(json.dumps({"format": 1, "sessions": sessions}, indent=2))


@pytest.mark.parametrize(
    ("sessions", "earlier", "restarts", "goes_on"),
    [
        (None, "", "0", False),
        (None, "", "2", False),  # killed, or in vain at the lock, before it opened the folder
        (["200", "30", "3000"], "", "1", False),  # a run of other jobs: the one to overwrite
        (["200", JOB], "", "1", True),
        (["200"], "100", "0", False),
        (["200", "100"], "100", "0", True),
        (["200", "150"], "100 150 250", "0", True),  # the first of the chain never opened it, the second did
    ],
)
def test_overwrite_until_the_folder_was_opened(sessions, earlier, restarts, goes_on, tmp_path):
    if sessions is not None:
        opened_by(tmp_path / "run", *sessions)
    text = f'run="{tmp_path}/run"; words=(); add_given --quiet --overwrite; echo "${{words[*]}}"'
    told = shell(text, SLURM_RESTART_COUNT=restarts, CPLAE_EARLIER_JOBS=earlier).splitlines()
    assert told[-1] == ("--quiet --no-report" if goes_on else "--quiet --overwrite --no-report")
    assert len(told) == (2 if goes_on else 1)


def test_a_follow_up_is_told_of_all_before_it(tmp_path):
    """With all words of the first one: it finds out by itself whether the folder was opened."""
    stub = tmp_path / "sbatch"
    stub.write_text(f'#!/bin/sh\necho "$CPLAE_EARLIER_JOBS: $*" >{tmp_path}/call\necho 400\n')
    stub.chmod(0o755)
    text = 'read_own_options() { options=(--time=1); }; script=x.sbatch; given=(a b c --overwrite); fruitless=0; submit_next'
    assert "job 400 goes on" in shell(text, path=f"{tmp_path}:{os.environ['PATH']}", CPLAE_EARLIER_JOBS="100 200")
    assert (tmp_path / "call").read_text() == f"100 200 {JOB}: --parsable --dependency=afterany:{JOB} --time=1 x.sbatch a b c --overwrite\n"


def ranks_by(ps, tmp_path):
    """What has_ranks says where `ps` is this program."""
    (tmp_path / "ps").write_text(f"#!/bin/bash\n{ps}\n")
    (tmp_path / "ps").chmod(0o755)
    return shell("has_ranks 1 && echo yes || echo no", path=f"{tmp_path}:{os.environ['PATH']}")


def test_ranks_are_looked_for_as_every_ps_understands(tmp_path):
    """By one keyword an option, since `stat=,comm=` may be one column with the heading `,comm=`; silence where ps knows no --ppid."""
    picky = 'for word in "$@"; do case "$word" in *=,*) echo "STAT,comm="; echo S; exit ;; esac; done; echo "S    {}"'
    assert ranks_by(picky.format("cplae"), tmp_path) == "yes"
    assert ranks_by(picky.format("orted"), tmp_path) == "no"
    assert ranks_by('echo "ps: unrecognized option: ppid" >&2; exit 1', tmp_path) == "no"


@pytest.mark.parametrize("kind", ["USR1", "TERM"])
def test_told_at_the_start(kind):
    """Before the shell knows the launcher's number: it lives, and hands it on."""
    text = f"""
early() {{ trap 'exit 75' USR1; for ((i = 0; i < 100; ++i)); do sleep 0.1; done; exit 9; }}
launch=(early); launcher=srun; program=none; words=(); run=none
set -T
trap '[[ "$BASH_COMMAND" != "launched=\\$!" ]] || kill -{kind} $$' DEBUG
run_study
trap - DEBUG
echo "$code"
"""
    assert shell(text) == "75"


def test_the_guard_has_ended_with_its_launcher():
    text = "launch=(env); launcher=mpirun; program=true; words=(); run=none; is_done() { true; }; run_study; echo $code; pgrep -P $$ -f guard_launcher || true"
    assert shell(text) == "0"


def test_a_launcher_that_stays_after_ranks_of_a_moment_is_ended(tmp_path):
    """They were killed within their first second."""
    launcher = tmp_path / "mpirun"
    launcher.write_text("#!/bin/bash\nsleep 0.8 &\nwait\nexec sleep 1000\n")
    launcher.chmod(0o755)
    text = f"launch=({launcher}); launcher=mpirun; program=none; words=(); run=none; run_study; echo $code"
    told = shell(text, CPLAE_LAUNCHER_PATIENCE_SECONDS="1").splitlines()
    assert "mpirun stays, 1 s after its last rank" in told[0] and told[1] == "143"


def test_another_process_of_the_launcher_s_number_is_left_alone():
    """It is no child of the job's shell."""
    assert shell('sleep 1 & is_ours $! && echo ours; (sleep 1 & is_ours $! || echo not)').split() == ["ours", "not"]
    assert shell('guard_launcher "$PPID"; echo ended') == "ended"
