"""A real SLURM of two nodes on this host, in a folder of its own: its daemons, its commands, and its end."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "mpirun")
NODES = ("n1", "n2")
NODE_MARK = "CPLAE_TEST_NODE"  # in the environment of a node's daemons; SLURM itself marks the tasks
PATIENCE_SECONDS = 400


def obstacle():
    """Why there can be no SLURM here; empty if there can."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"{', '.join(missing)} not installed (scripts/setup.sh tests installs slurm-wlm and munge where it can)"
    return "" if os.getuid() == 0 else "slurmd has to be started by root"


def free_ports(count):
    """Ports that nothing listens on at the moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def await_(what, condition, seconds=PATIENCE_SECONDS, log=str):
    """Until the condition holds; its value. What `log` returns is shown where it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain: {what}\n{log()}")


def end_with_parent():
    """In a child before its program starts: it is told to end when this process is gone, however that ended."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def environment_of(pid):
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)


class Cluster:
    """Started by __enter__; __exit__ ends what was started here, and nothing else."""

    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix="cplae-slurm-"))
        self.conf = self.base / "slurm.conf"
        self.environment = {**os.environ, "SLURM_CONF": str(self.conf), "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        self.daemons = {}

    def __enter__(self):
        try:
            self.write_files()
            self.start_munged()
            self.start("slurmctld", "slurmctld", "-D", "-f", str(self.conf))
            for node in NODES:
                self.start_node(node)
            await_("two idle nodes; logs in " + str(self.base / "log"), lambda: self.idle_nodes() == 2, 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if "slurmctld" in self.daemons:
            self.scancel_all()
        for name in [*NODES, "slurmctld", "munged"]:
            if name in self.daemons:
                self.daemons[name].terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.daemons[name].wait(timeout=10)
                self.daemons[name].kill()
        for pid in self.own_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.base, ignore_errors=True)

    def write_files(self):
        folders = ["state", "run", "log", "munge", *(f"{kind}-{node}" for kind in ("tmp", "spool") for node in NODES)]
        self.base.chmod(0o755)
        for folder in folders:
            (self.base / folder).mkdir(mode=0o755)
        controller, first, second = free_ports(3)
        values = {"host": socket.gethostname(), "base": self.base, "controller_port": controller, "first_port": first, "second_port": second}
        self.conf.write_text((HERE / "slurm.conf.in").read_text().replace("{placeholders}", "Values").format(**values))
        # A device file that is everywhere stands for a GPU: the program finds no driver and is told to use the CPU.
        lines = ["AutoDetect=off", *(f"NodeName={node} Name=gpu File=/dev/null" for node in NODES)]
        (self.base / "gres.conf").write_text("\n".join(lines) + "\n")

    def start(self, name, *words, **environment):
        log = (self.base / "log" / f"{name}.out").open("ab")
        self.daemons[name] = subprocess.Popen(words, stdout=log, stderr=log, cwd=self.base, env={**self.environment, **environment}, preexec_fn=end_with_parent)

    def start_munged(self):
        folder = self.base / "munge"
        (folder / "key").write_bytes(os.urandom(128))
        (folder / "key").chmod(0o600)
        paths = {"socket": folder / "socket", "key-file": folder / "key", "seed-file": folder / "seed", "pid-file": folder / "pid", "log-file": folder / "log"}
        self.start("munged", "munged", "--foreground", *(f"--{name}={path}" for name, path in paths.items()))
        await_("munged's socket", (folder / "socket").exists, 30)

    def start_node(self, node):
        self.start(node, "slurmd", "-D", "-f", str(self.conf), "-N", node, **{NODE_MARK: node})

    def call(self, *words, check=True, cwd=None, **environment):
        """A command of SLURM; its output, without the last line's end."""
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, cwd=cwd, env={**self.environment, **environment}, timeout=60)
        assert done.returncode == 0 or not check, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def idle_nodes(self):
        return self.call("sinfo", "-h", "-p", "main", "-N", "-o", "%t", check=False).split().count("idle")

    def jobs(self):
        """Numbers of the jobs that wait or run."""
        return self.call("squeue", "-h", "-o", "%i", check=False).split()

    def fields(self, job):
        """What `scontrol show job` says of a job that SLURM still knows."""
        return dict(word.split("=", 1) for word in self.call("scontrol", "show", "job", "-o", job).split() if "=" in word)

    def state(self, job):
        """Such as RUNNING or COMPLETED; of a job that SLURM still knows."""
        return self.fields(job)["JobState"]

    def scancel_all(self):
        for job in self.jobs():
            self.call("scancel", job, check=False)
        with contextlib.suppress(AssertionError):
            await_("no jobs", lambda: not self.jobs(), 30)

    def own_processes(self, node=None):
        """Daemons, steps and tasks of this SLURM (of a node), known by their environment; not this process."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                environment = environment_of(entry.name)
                here = environment.get("SLURMD_NODENAME") or environment.get(NODE_MARK)
                if environment.get("SLURM_CONF") == str(self.conf) and (node is None or here == node):
                    found.append(int(entry.name))
        return found

    def kill_node(self, node):
        """As if its power went: the daemon, and all that runs there, at once."""
        for pid in [self.daemons[node].pid, *self.own_processes(node)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.daemons[node].wait()

    def kill_daemon(self, node):
        """The node's slurmd alone: what it started lives on, and nobody ends it before the daemon is back."""
        self.daemons[node].kill()
        self.daemons[node].wait()
