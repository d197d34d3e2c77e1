"""The scripts of slurm/ by sbatch: from submission to results, and on past time limits; on a real SLURM."""

from datetime import datetime

import pytest
from cluster import await_
from jobs import CPLAE, ROOT, TWO_RANKS, sessions


@pytest.mark.parametrize(
    ("script", "launcher", "options"),
    [
        ("paper", "srun", ["--gpus-per-node=1", "--cpus-per-task=1"]),
        ("cpu", "mpirun", []),
    ],
)
def test_a_study(script, launcher, options, desk, undisturbed):
    job = desk.submit(*TWO_RANKS, *options, script=script, CPLAE_LAUNCHER=launcher)
    desk.await_end()
    desk.assert_results(undisturbed)
    log = (desk.folder / f"cplae-{script}-{job}.log").read_text()
    assert desk.cluster.state(job) == "COMPLETED"
    assert f"{launcher} " in log and "2 rank(s)" in log and "ended with code 0" in log


@pytest.mark.parametrize(
    ("script", "launcher", "options", "said"),
    [
        ("paper", "srun", ["--gpus-per-node=1", "--cpus-per-task=1"], "--mpi=pmix --cpu-bind=cores --gpu-bind=single:1"),
        ("cpu", "mpirun", [], "--bind-to core --map-by slot:PE=1"),
    ],
    ids=["srun", "mpirun"],
)
def test_the_site_file_as_shipped(script, launcher, options, said, desk, undisturbed):
    desk.submit(*TWO_RANKS, *options, script=script, CPLAE_SITE="", CPLAE_LAUNCHER=launcher)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert said in desk.log() and "2 rank(s)" in desk.log() and "ended with code 0" in desk.log(), desk.log()


@pytest.mark.parametrize("option", [[], ["--no-report"]], ids=["report", "no-report"])
def test_a_report_that_takes_longer_than_srun_waits(option, desk):
    """--wait ends ranks that stay on when another one has left (5 s in this site file): none of them may draw the pictures."""
    python = desk.folder / "python"
    python.write_text('#!/bin/sh\nsleep 9\necho page > "$3/report.html"\n')
    python.chmod(0o755)
    job = desk.submit(*TWO_RANKS, words=desk.words("--set", "training.steps=300", *option), CPLAE_PYTHON=str(python))
    desk.await_end()
    assert desk.cluster.state(job) == "COMPLETED" and sessions(desk.run) == [], desk.log()
    assert (desk.run / "report.html").exists() == (option == []), desk.log()


def test_a_sweep_is_an_array_of_seeds(desk, undisturbed):
    """The undisturbed study has seed 0 too. From the project folder nothing needs to be said but what to run."""
    desk.submit("--ntasks=2", "--array=0", f"--chdir={desk.folder}", script="sweep")
    desk.await_end()
    desk.run = desk.run / "seed-0"
    desk.assert_results(undisturbed)


def test_time_limits(desk, undisturbed):
    """On one rank; with sessions so short that the study needs several of them, and long enough for some progress in each."""
    whole = min(float((undisturbed / "seconds").read_text()), 50)
    for seconds in (round(whole * 0.7), round(whole * 0.4), 3):
        desk.run = desk.folder / f"run-{seconds}"
        job = desk.submit("--nodes=1", "--ntasks-per-node=1", "--time=3", "--signal=USR1@30", CPLAE_RESERVE_SECONDS=str(180 - seconds))
        desk.await_end()
        desk.assert_results(undisturbed)
        if sessions(desk.run):
            break
    assert set(sessions(desk.run)) == {(75, "yes")}, desk.log()
    assert desk.cluster.state(job) == "COMPLETED" and desk.log().count("requeued") == len(sessions(desk.run))


def test_the_time_limit_strikes(desk, undisturbed):
    """Before the program stops by itself, which is made to dawdle: SLURM calls it TIMEOUT, and the job goes on."""
    program = desk.folder / "program"
    dawdle = 'trap "exit 75" USR1 TERM\nsleep 300 &\nwait $!\nexit 75\n'
    first = f'touch {desk.folder}/flag\ntimeout -s USR1 3 {CPLAE} "$@"\n{dawdle}'
    program.write_text(f'#!/bin/bash\n[ "$1" = status ] || [ -e {desk.folder}/flag ] && exec {CPLAE} "$@"\n{first}')
    program.chmod(0o755)
    job = desk.submit("--nodes=1", "--ntasks-per-node=1", "--time=10", "--signal=URG@1", CPLAE_PROGRAM=str(program), CPLAE_GO_ON="follow")
    desk.await_midst()
    desk.cluster.call("scontrol", "update", f"JobId={job}", "EndTime=now+5")
    desk.await_end()
    assert desk.cluster.state(job) == "TIMEOUT", desk.log()
    desk.assert_results(undisturbed)


def test_the_end_is_a_time_of_day(desk):
    """Told so, and not as minutes from a start that may be slow: here a `status`, asked for before, that takes its time."""
    program = desk.folder / "program"
    program.write_text('#!/bin/sh\n[ "$1" = status ] && exec sleep 2\nexit 2\n')
    program.chmod(0o755)
    job = desk.submit("--nodes=1", "--ntasks-per-node=1", "--time=30", CPLAE_PROGRAM=str(program), CPLAE_RESERVE_SECONDS="200")
    await_("the session", lambda: "] session 0" in desk.log(), log=desk.log)
    end = datetime.fromisoformat(desk.cluster.fields(job)["StartTime"]).timestamp() + 30 * 60
    desk.await_end()
    assert f"--stop-at {end - 200:.0f}\n" in desk.log() and "--max-minutes" not in desk.log(), desk.log()


def test_mistakes_are_named(desk):
    """Ended with code 2, and not started again."""
    for words, options, said in [
        (["jobs/demo.toml"], {}, "expected STUDY DATA RUN, found: 'jobs/demo.toml'"),
        (None, {"CPLAE_PROGRAM": "/none/cplae"}, "/none/cplae: no such program"),
        (None, {"CPLAE_LAUNCHER": "prun"}, "launcher is srun or mpirun, not 'prun'"),
        (None, {"CPLAE_GO_ON": "never"}, "go_on is auto, requeue or follow, not 'never'"),
        (None, {"CPLAE_RESERVE_SECONDS": "100000"}, "the time limit leaves nothing"),
        ([ROOT / "jobs/demo.toml", "/none/cohort.h5mu", desk.run], {}, "/none/cohort.h5mu"),
    ]:
        job = desk.submit("--nodes=1", "--ntasks-per-node=1", words=words, **options)
        desk.await_end()
        log = (desk.folder / f"cplae-cpu-{job}.log").read_text()
        assert said in log and "requeued" not in log, log
        assert desk.cluster.state(job) == "FAILED" and "ExitCode=2:0" in desk.cluster.call("scontrol", "show", "job", job)


def failing_program(desk, code=1):
    """A program that always fails, but for `status`."""
    program = desk.folder / "program"
    program.write_text(f'#!/bin/sh\n[ "$1" = status ] && exec {CPLAE} "$@"\nexit {code}\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("go_on", ["requeue", "follow"])
@pytest.mark.parametrize("obstacle", ["unwritable", "link", "no folder"])
def test_a_chain_ends_where_nothing_can_be_noted(obstacle, go_on, desk):
    """A line that cannot be written, a link in the place of the file, and a program that is killed before it makes the folder."""
    code = 137 if obstacle == "no folder" else 1
    if obstacle != "no folder":
        desk.run.mkdir()
    if obstacle == "unwritable":  # by root too
        (desk.run / "sessions.tsv").mkdir()
    if obstacle == "link":
        (desk.run / "sessions.tsv").symlink_to(desk.folder / "mine.tsv")
    desk.submit("--nodes=1", "--ntasks-per-node=1", CPLAE_PROGRAM=str(failing_program(desk, code)), CPLAE_GO_ON=go_on)
    desk.await_end()
    assert desk.log().count("] session ") == 3 and "not started again" in desk.log(), desk.log()
    assert not (desk.folder / "mine.tsv").exists()


def test_a_follow_up_has_the_job_s_options(desk):
    """Whatever stood on the command line of the first one."""
    given = ["--nodes=1", "--ntasks-per-node=1", "--exclude=n2", "--exclusive", "--gres=gpu:1", "--mem-per-cpu=150", "--time=7", "--output=mine-%j.log"]
    job = desk.submit(*given, CPLAE_GO_ON="follow")
    await_("the follow-up", lambda: len(desk.cluster.jobs()) == 2, log=desk.log)
    follow_up = next(number for number in desk.cluster.jobs() if number != job)
    first, second = desk.cluster.fields(job), desk.cluster.fields(follow_up)
    for name, value in [("ExcNodeList", "n2"), ("OverSubscribe", "NO"), ("TresPerNode", "gres:gpu:1"), ("MinMemoryCPU", "150M"), ("TimeLimit", "00:07:00")]:
        assert (first[name], second[name]) == (value, value), name
    assert first["StdOut"] == str(desk.folder / f"mine-{job}.log") and second["StdOut"] == str(desk.folder / f"mine-{follow_up}.log")


def test_a_session_without_progress_ends_the_chain(desk):
    """Without and with a run folder."""
    program = failing_program(desk)
    for folder_is_there, expected in ((False, []), (True, [(1, "no")] * 3)):
        if folder_is_there:
            desk.run.mkdir()
        desk.submit("--nodes=1", "--ntasks-per-node=1", CPLAE_PROGRAM=str(program))
        desk.await_end()
        assert sessions(desk.run) == expected and "not started again" in desk.log()
