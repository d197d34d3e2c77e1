"""Damage to jobs in their midst, on a real SLURM: after going on by themselves, or by resubmission, the same bits."""

import os
import signal

import pytest
from cluster import await_
from jobs import CPLAE, TWO_RANKS, sessions


def test_requeued_by_its_user(desk, undisturbed):
    job = desk.submit(*TWO_RANKS)
    desk.await_midst()
    desk.cluster.call("scontrol", "requeue", job)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert desk.log().count("] session ") == 2


@pytest.mark.parametrize(("launcher", "to"), [("srun", []), ("mpirun", []), ("mpirun", ["--batch"])], ids=["srun", "mpirun-steps", "mpirun-batch"])
def test_signalled(launcher, to, desk, undisturbed):
    """What --signal sends ahead of the time limit. Nothing done is lost, and the job requeues itself."""
    job = desk.submit(*TWO_RANKS, CPLAE_LAUNCHER=launcher)
    desk.await_midst()
    desk.cluster.call("scancel", "--signal=USR1", *to, job)
    desk.await_end()
    desk.assert_results(undisturbed)
    assert sessions(desk.run) == [(75, "yes")] and "requeued" in desk.log()


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
