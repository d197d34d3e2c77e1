"""Damage to jobs in their midst, on a real SLURM: after going on by themselves, or by resubmission, the same bits."""

import contextlib
import fcntl
import os
import shutil
import signal
import struct

import pytest
from cluster import await_, environment_of
from jobs import CPLAE, ROOT, TWO_RANKS, sessions


def test_requeued_by_its_user(desk, undisturbed):
    job = desk.submit(*TWO_RANKS)
    desk.await_midst()
    desk.cluster.call("scontrol", "requeue", job)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert desk.log().count("] session ") == 2


@pytest.mark.parametrize("partition", ["requeued", "cancelled"])
def test_overwrite_is_for_the_first_session(partition, desk, undisturbed):
    """A requeued session and a follow-up keep what the first one has done."""
    job = desk.submit(*TWO_RANKS, f"--partition={partition}", words=desk.words("--overwrite"))
    desk.await_midst()
    if partition == "requeued":
        desk.cluster.call("scontrol", "requeue", job)
    else:
        (follow_up,) = [number for number in desk.cluster.jobs() if number != job]
        assert desk.cluster.call("scontrol", "show", "job", "-o", follow_up)
        desk.submit_urgent()
    await_("the second session", lambda: desk.log().count("] session ") == 2, log=desk.log)
    done = {path: path.stat().st_mtime_ns for path in desk.run.glob("work/networks/*.unit")}
    desk.await_end()
    assert done and done.items() <= {path: path.stat().st_mtime_ns for path in desk.run.glob("work/networks/*.unit")}.items(), desk.log()
    desk.assert_results(undisturbed)


def test_overwrite_outlives_a_session_that_never_opened_the_folder(desk, undisturbed):
    """Here one that is killed at its start: the run of the same study that lies there is not taken for its work."""
    shutil.copytree(undisturbed, desk.run)
    (desk.run / "seconds").unlink()
    flag, program = desk.folder / "flag", desk.folder / "program"
    program.write_text(f'#!/bin/bash\n[ "$1" = status ] || [ -e {flag} ] && exec {CPLAE} "$@"\ntouch {flag}\nexit 137\n')
    program.chmod(0o755)
    desk.submit("--nodes=1", "--ntasks-per-node=1", words=desk.words("--overwrite"), CPLAE_PROGRAM=str(program))
    desk.await_end()
    assert desk.log().count("] session ") == 2 and "--overwrite removed" in desk.log() and "this one goes on" not in desk.log(), desk.log()
    desk.assert_results(undisturbed)


@pytest.mark.parametrize(("launcher", "to"), [("srun", []), ("mpirun", []), ("mpirun", ["--batch"])], ids=["srun", "mpirun-steps", "mpirun-batch"])
def test_signalled(launcher, to, desk, undisturbed):
    """What --signal sends ahead of the time limit. Nothing done is lost, and the job requeues itself."""
    job = desk.submit(*TWO_RANKS, CPLAE_LAUNCHER=launcher)
    desk.await_midst()
    desk.cluster.call("scancel", "--signal=USR1", *to, job)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert sessions(desk.run) == [(75, "yes")] and "requeued" in desk.log()


@contextlib.contextmanager
def taken_over(lock, owners):
    """The lock of a run folder, held on when its owners are killed: as by a rank that cannot die, which no test can make."""
    whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with lock.open("r+") as file:
        assert not owners or not is_locked(file, whole)
        for pid in owners:
            os.kill(pid, signal.SIGKILL)
        await_("the lock", lambda: is_locked(file, whole), 30)
        yield


def is_locked(file, whole):
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, whole)
    except OSError:
        return False
    return True


def rank_processes(cluster):
    return [pid for pid in cluster.own_processes() if os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(CPLAE)]


@pytest.mark.parametrize("whole_step", [True, False], ids=["step", "rank"])
def test_killed(whole_step, desk, undisturbed):
    job = desk.submit(*TWO_RANKS)
    desk.await_midst()
    if whole_step:
        desk.cluster.call("scancel", "--signal=KILL", f"{job}.0")
    else:
        os.kill(max(rank_processes(desk.cluster)), signal.SIGKILL)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert sessions(desk.run) == [(137, "yes")]


@pytest.mark.parametrize("launcher", ["srun", "mpirun"])
def test_a_rank_that_stands_still_for_good(launcher, desk, undisturbed):
    """As with a hung driver: told to stop, the other one saves, waits for a while, and has it ended. The job goes on."""
    job = desk.submit(*TWO_RANKS, CPLAE_LAUNCHER=launcher, CPLAE_STOP_PATIENCE_SECONDS="2")
    desk.await_midst()
    os.kill(max(rank_processes(desk.cluster)), signal.SIGSTOP)
    desk.cluster.call("scancel", "--signal=USR1", job)
    desk.await_end()
    ((code, gain),) = sessions(desk.run)
    assert (code in (75, 137), gain) == (True, "yes") and "another rank has not answered" in desk.log(), desk.log()
    desk.assert_results(undisturbed)


def test_mpirun_that_stays_is_ended(desk, undisturbed):
    """As Open MPI 4.1.4's does now and then after a rank was killed; here one in its place that does so the first time."""
    stub = desk.folder / "bin" / "mpirun"
    stub.parent.mkdir()
    real = shutil.which("mpirun")
    killed = f'while ! ls {desk.run}/work/networks/*.unit; do sleep 0.1; done >/dev/null 2>&1\nkill -9 $!\nwait\nexec sleep 1000'
    stub.write_text(f'#!/bin/bash\nif [ -e {desk.folder}/flag ]; then exec {real} "$@"; fi\ntouch {desk.folder}/flag\n"${{@:3}}" &\n{killed}\n')
    stub.chmod(0o755)
    site = desk.folder / "site.sh"
    site.write_text(site.read_text() + f'load_modules() {{ export PATH="{stub.parent}:$PATH"; }}\n')
    desk.submit("--nodes=1", "--ntasks-per-node=1", CPLAE_LAUNCHER="mpirun", CPLAE_LAUNCHER_PATIENCE_SECONDS="2")
    desk.await_end()
    assert "mpirun stays, 2 s after its last rank" in desk.log() and sessions(desk.run) == [(143, "yes")], desk.log()
    desk.assert_results(undisturbed)


def test_death_of_a_node(desk, undisturbed):
    """With all that runs there, the batch script too; SLURM notices by itself. The job goes on when there are two nodes again."""
    node = "n1"
    desk.submit(*TWO_RANKS)
    desk.await_midst()
    desk.cluster.kill_node(node)
    await_("the node is down", lambda: "down" in desk.cluster.call("sinfo", "-h", "-n", node, "-p", "main", "-o", "%t"))
    desk.cluster.start_node(node)
    desk.await_end()
    desk.assert_results(undisturbed)


def test_a_follow_up_finds_the_project(desk, undisturbed):
    """It is submitted where the job runs, which --chdir says; the first one was in the project folder, and nothing named that."""
    given = ["--nodes=1", "--ntasks-per-node=1", f"--chdir={desk.folder}"]
    job = desk.submit(*given, cwd=ROOT, CPLAE_HOME="", CPLAE_GO_ON="follow")
    desk.await_midst()
    desk.cluster.call("scancel", "--signal=KILL", f"{job}.0")
    desk.await_end()
    assert sessions(desk.run) == [(137, "yes")] and desk.log().count("] session ") == 2, desk.log()
    desk.assert_results(undisturbed)


def test_death_of_a_slurmd_alone(desk, undisturbed):
    """What it started lives on and holds the lock of the run folder when SLURM has requeued the job: the new session waits."""
    node = "n1"
    desk.submit(*TWO_RANKS)
    desk.await_midst()
    first = [pid for pid in rank_processes(desk.cluster) if environment_of(pid).get("SLURM_PROCID") == "0"]
    desk.cluster.kill_daemon(node)
    for pid in first:  # as if its disk hung: it must not be done before SLURM sees anything
        os.kill(pid, signal.SIGSTOP)
    await_("the node is down", lambda: "down" in desk.cluster.call("sinfo", "-h", "-n", node, "-p", "main", "-o", "%t"))
    with taken_over(desk.run / "work" / "lock", first):
        desk.cluster.start_node(node)
        await_("a session that waits for the lock", lambda: "waiting for its end" in desk.log(), log=desk.log)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert "ended with code 2" not in desk.log()


@pytest.mark.parametrize("partition", ["requeued", "cancelled"])
def test_preempted_without_grace(partition, desk, undisturbed):
    """Where SLURM does not requeue, a job that was submitted beforehand goes on."""
    desk.submit(*TWO_RANKS, f"--partition={partition}")
    desk.await_midst()
    assert len(desk.cluster.jobs()) == (2 if partition == "cancelled" else 1)
    desk.submit_urgent()
    desk.await_end()
    desk.assert_results(undisturbed)
    assert desk.log().count("] session ") == 2


def test_cancelled_by_its_user(desk, undisturbed):
    """The work is saved, the follow-up is cancelled too; the same line again goes on."""
    job = desk.submit(*TWO_RANKS, CPLAE_GO_ON="follow")
    desk.await_midst()
    assert len(desk.cluster.jobs()) == 2
    desk.cluster.call("scancel", job)
    desk.await_end()
    assert "code 75" in desk.log() and "cancelled" in desk.log() and not (desk.run / "results.h5").exists()
    desk.submit(*TWO_RANKS)
    desk.await_end()
    desk.assert_results(undisturbed)
