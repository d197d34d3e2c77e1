"""The scripts of slurm/ by sbatch: from submission to results, and on past time limits; on a real SLURM."""

import pytest
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


def test_a_session_without_progress_ends_the_chain(desk):
    """A program that always fails, without and with a run folder."""
    program = desk.folder / "program"
    program.write_text(f'#!/bin/sh\n[ "$1" = status ] && exec {CPLAE} "$@"\nexit 1\n')
    program.chmod(0o755)
    for folder_is_there, expected in ((False, []), (True, [(1, "no")] * 3)):
        if folder_is_there:
            desk.run.mkdir()
        desk.submit("--nodes=1", "--ntasks-per-node=1", CPLAE_PROGRAM=str(program))
        desk.await_end()
        assert sessions(desk.run) == expected and "not started again" in desk.log()
