"""Kills a run at random and goes on with it, N times: each must end in the bits of the undisturbed run.

    kill_loop.py N [--seed S] [--folder F] [--verbose]

A round starts the study anew on a random number of ranks, kills up to three times (each time gone on with by another number of
ranks) and lets it finish. Killed, always by SIGKILL, is one rank, the launcher, or all at once, at a random time; or a rank in the
midst of a random call: of a write (after half of its bytes), fsync, rename, open or close of any file. CPLAE_BIN_DIR names the
folder of the program.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from harness import CPLAE, Bench, calls_of, fault_settings, launch_words
from write_faults import name_of

CHECKPOINT_SECONDS = 0.05
CHANGES = ["training.steps=1500", "training.validate_every=100", "training.keep_best_after=500", f"training.checkpoint_seconds={CHECKPOINT_SECONDS}"]
PATIENCE_SECONDS = 120
MOST_LOST_SECONDS = 60
# Open MPI 4.1.4's mpirun now and then waits for ever for a rank that was killed, after the others have ended: nothing of ours is left then.
LAUNCHER_SECONDS = 20


@dataclass
class Tally:
    """What happened over all rounds."""

    kills: Counter = field(default_factory=Counter)
    places: Counter = field(default_factory=Counter)
    finished_first: int = 0
    most_lost: float = 0
    longest_orphan: float = 0
    stayed: int = 0

    def __str__(self):
        return (
            f"{sum(self.kills.values())} kills {dict(self.kills)}; in a call on {dict(self.places)}; {self.finished_first} runs ended "
            f"before their kill; most work lost {self.most_lost:.2f} s (checkpoints every {CHECKPOINT_SECONDS} s); ranks outlived "
            f"their launcher by {self.longest_orphan:.1f} s at most; mpirun stayed {self.stayed} times when all its ranks had ended"
        )


def is_ours(pid):
    try:
        return os.path.samefile(f"/proc/{pid}/exe", CPLAE)
    except OSError:
        return False


def parent_of(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return -1


def ranks_of(process):
    """Process ids of the program itself below a process, or the process."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if process.pid in (pid, parent_of(pid)) and is_ours(pid)]


def stacks(process):
    """Where the ranks stand, as far as gdb tells, for a report on a run that does not end."""
    told = []
    for pid in ranks_of(process):
        words = ["gdb", "-batch", "-p", str(pid), "-ex", "thread apply all bt 12"]
        told.append(subprocess.run(words, capture_output=True, text=True).stdout if shutil.which("gdb") else f"{pid}: no gdb")
    return "\n".join(told) or "no rank is left"


def units(run):
    return len(list((run / "work").rglob("*.unit")))


def times_of(paths):
    """When each was written; of those that are still there."""
    times = []
    for path in paths:
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue
    return times


def lost_seconds(run, now, ranks, networks):
    """What a kill at this time throws away: the age of the oldest checkpoint of a network in training; of a network without one, the
    time since its training began. One process began it when the last network was finished; which rank of several did, the files do not
    tell, so that the whole session counts."""
    folder = run / "work/networks"
    checkpoints = [path for path in folder.glob("*.ckpt") if not path.with_suffix(".unit").exists()]
    lost = [now - time for time in times_of(checkpoints)]
    finished = list(folder.glob("*.unit"))
    in_training = min(max(1, ranks), networks - len(finished))
    if len(lost) < in_training:
        begun = times_of([run / "provenance.json", *(finished if ranks <= 1 else [])])
        lost += [now - max(begun)] if begun else []
    return max(lost, default=0)


class Killer:
    """Rounds of kills on one study."""

    def __init__(self, bench, seed):
        self.bench = bench
        self.random = random.Random(seed)
        self.tally = Tally()
        self.all_units = units(bench.reference)
        self.networks = len(list((bench.reference / "work/networks").glob("*.unit")))
        counted = bench.folder / "counted"
        self.calls = {ranks: self.places(calls_of(bench, counted / str(ranks), ranks)) for ranks in (0, 2)}
        shutil.rmtree(counted)

    @staticmethod
    def places(calls):
        """(call, file) -> numbers of such calls, so that rare ones are chosen as often as checkpoints."""
        found = {}
        for number, (call, path) in enumerate(calls, start=1):
            found.setdefault((call, name_of(path).rsplit(".", 1)[-1]), []).append(number)
        return found

    def start(self, run, ranks, settings):
        log = (self.bench.folder / "run.log").open("w")
        with log:
            return subprocess.Popen(launch_words(self.bench.words(run), ranks, settings), stdout=log, stderr=log)

    def wait_for(self, process, is_there):
        """Until it is there, or the process has ended."""
        end = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and not is_there():
            assert time.monotonic() < end, "the run makes no progress"
            time.sleep(0.003)

    def wait_for_end(self, process):
        """Of the run; a launcher without ranks is put an end to."""
        end = time.monotonic() + PATIENCE_SECONDS
        had_ranks, alone_since = False, None
        while process.poll() is None:
            now, has_ranks = time.monotonic(), bool(ranks_of(process))
            had_ranks = had_ranks or has_ranks
            alone_since = (alone_since or now) if had_ranks and not has_ranks else None
            if alone_since and now - alone_since > LAUNCHER_SECONDS:
                self.tally.stayed += 1
                process.kill()
                process.wait()
            assert now < end, f"the run does not end:\n{stacks(process)}"
            time.sleep(0.05)

    def kill_in_time(self, process, run, victim):
        """After a random part of the work, and a random while."""
        goal = units(run) + self.random.randrange(max(1, self.all_units - units(run)))
        self.wait_for(process, lambda: units(run) >= goal and (goal > 0 or (run / "provenance.json").exists()))
        time.sleep(self.random.uniform(0, 0.3))
        ranks = ranks_of(process)
        victims = {"rank": [self.random.choice(ranks)] if ranks else [], "launcher": [process.pid], "all": [process.pid, *ranks]}[victim]
        if process.poll() is not None or not victims:
            return None
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return time.time()

    def settings_of_call(self, run, ranks, log):
        places = self.calls[2 if ranks > 1 else 0]
        number = self.random.choice(places[self.random.choice(sorted(places))])
        return fault_settings(run, "KILL", number, self.random.randrange(max(1, ranks)), log)

    def strike(self, run, ranks):
        """Starts the run and kills it once."""
        victim = self.random.choice(["call", "call", "rank", "all", "launcher"] if ranks else ["call", "rank"])
        log = self.bench.folder / "kill.log"
        log.unlink(missing_ok=True)
        process = self.start(run, ranks, self.settings_of_call(run, ranks, log) if victim == "call" else {})
        pids = []
        if victim != "call":
            self.wait_for(process, lambda: len(ranks_of(process)) >= max(1, ranks))
            pids = ranks_of(process)
        try:
            killed = None if victim == "call" else self.kill_in_time(process, run, victim)
            self.wait_for_end(process)
        finally:
            if process.poll() is None:
                process.kill()
        if victim == "call" and log.exists():
            killed = log.stat().st_mtime
            call, path = log.read_text().splitlines()[0].split(" ", 2)[1:]
            self.tally.places[f"{call} .{name_of(path).rsplit('.', 1)[-1]}"] += 1
        self.note(run, ranks, victim, killed)
        self.outlive(pids)

    def note(self, run, ranks, victim, killed):
        if killed is None:
            self.tally.finished_first += 1
            return
        self.tally.kills[victim] += 1
        self.tally.most_lost = max(self.tally.most_lost, lost_seconds(run, killed, ranks, self.networks))

    def outlive(self, pids):
        """Ranks whose launcher was killed must end by themselves; while they live, the lock keeps others out."""
        begin = time.monotonic()
        while any(is_ours(pid) for pid in pids):
            waited = time.monotonic() - begin
            assert waited < PATIENCE_SECONDS, "ranks live on after their launcher was killed"
            self.tally.longest_orphan = max(self.tally.longest_orphan, waited)
            time.sleep(0.02)

    def round(self):
        run = self.bench.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        counts = self.random.sample([0, 1, 2, 3, 4], 4)
        for ranks in counts[: self.random.randint(1, 3)]:
            self.strike(run, ranks)
        self.bench.resume(run, counts[-1])
        assert self.tally.most_lost < MOST_LOST_SECONDS, self.tally


def kill(rounds, seed, folder, verbose=False):
    """Returns the tally; an assertion fails where anything was lost, and leaves the folder."""
    killer = Killer(Bench(folder, *CHANGES), seed)
    for number in range(rounds):
        killer.round()
        if verbose:
            print(f"round {number + 1}: {killer.tally}", flush=True)
    return killer.tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        print(f"{options.rounds} rounds, seed {options.seed}: {kill(options.rounds, options.seed, folder, options.verbose)}; nothing lost")


if __name__ == "__main__":
    main()
