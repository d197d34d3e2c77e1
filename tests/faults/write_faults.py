"""Every call that changes files of a run fails once: the run ends with one line that names file and reason, loses nothing that was
finished, and is gone on with to the same bits.

    write_faults.py [--kinds ENOSPC,EIO,EINTR,SHORT,KILL] [--ranks N [--rank R]] [--every K] [--folder F]

Fails call 1, 1 + K, 1 + 2 K, ... by each kind, until no call is left. CPLAE_BIN_DIR names the folder of the program.
"""

import argparse
import os
import re
import shutil
import signal
import tempfile
from collections import Counter
from errno import EINTR, EIO, ENOSPC

from harness import Bench, call_with, calls_of, error_lines, fault_settings, hashes, succeed

KINDS = ("ENOSPC", "EIO", "EINTR", "SHORT", "KILL")
REASONS = {"ENOSPC": os.strerror(ENOSPC), "EIO": os.strerror(EIO), "EINTR": os.strerror(EINTR)}


def half_done(bench, run):
    """A run that has finished some of its work: what a fault must leave alone. Without tables, by which `verify` knows a finished run."""
    shutil.copytree(bench.reference, run, ignore=shutil.ignore_patterns("tables"))
    for path in (run / "work/networks/folds,fold=1.unit", run / "results.h5"):
        path.unlink()
    for path in list((run / "work/statistics").glob("*fold=1*")) + list((run / "work/statistics").glob("mixture*")):
        path.unlink()
    return hashes(run)


def name_of(path):
    """A file's name as messages may give it: without what is appended while it is written aside."""
    return re.sub(r"\.part\d*$", "", path.rsplit("/", 1)[-1])


def may_pass(kind, call, path):
    """Whether a run may end well in spite of the fault. Of opens and closes: what is only tried or looked at, where the bits will show the
    loss (HDF5 opens a file that it makes first to see whether it has it already), and the lock, whose bytes are words for people. What was
    written and cannot be closed is lost; but rows of results.h5 were synced before, are read back after, and that their file cannot be
    closed MPI-IO tells nobody."""
    quiet = {"open": ("results.h5",), "close": ("results.h5", "lock")}.get(call, ())
    is_vital = "locktest" not in path and name_of(path) not in quiet
    return kind in ("EINTR", "SHORT") or call in ("read", "shut") or not is_vital


def judge(done, kind, hit, ranks):
    """Whether a run ended as it should after a hit (call, path); the words for a report if not."""
    call, path = hit
    if kind == "KILL":
        expected = -signal.SIGKILL if not ranks else 128 + signal.SIGKILL
        return "" if done.returncode == expected else f"exit {done.returncode} after SIGKILL"
    if done.returncode == 0:
        return "" if may_pass(kind, call, path) else "exit 0"
    lines = error_lines(done)
    if done.returncode != 1 or len(lines) != 1:
        return f"exit {done.returncode}, {len(lines)} lines: {done.stderr[-600:]}"
    if name_of(path) not in lines[0]:
        return f"{name_of(path)} is not named: {lines[0]}"
    # Why it cannot open a file MPI-IO forgets, and that it was interrupted: then what it says itself must be there.
    is_forgotten = call == "open" or (kind == "EINTR" and name_of(path) == "results.h5")
    has_reason = REASONS.get(kind, "").lower() in lines[0].lower() or (is_forgotten and "failed" in lines[0])
    if not has_reason:
        return f"'{REASONS[kind]}' is not named: {lines[0]}"
    return ""


def strike(bench, kind, at, ranks=0, rank=0, then=0):
    """One run with the fault, and the one that goes on. Returns (call, path, what was wrong), or None where nothing was hit."""
    run, log = bench.folder / "struck", bench.folder / "hit.log"
    shutil.rmtree(run, ignore_errors=True)
    log.unlink(missing_ok=True)
    before = half_done(bench, run)
    done = call_with(fault_settings(run, kind, at, rank, log), bench.words(run), ranks)
    if not log.exists():
        assert done.returncode == 0, done.stderr
        return None
    hit = tuple(log.read_text().splitlines()[0].split(" ", 2)[1:])
    wrong = judge(done, kind, hit, ranks)
    after = hashes(run)
    if any(after.get(name) != digest for name, digest in before.items()):
        wrong += "; earlier units were changed"
    succeed("verify", run)
    if done.returncode == 0:
        bench.assert_same(run)
    bench.resume(run, then)
    return (*hit, wrong)


def plain_calls(bench, ranks=0, rank=0):
    """The calls of a run that goes on from half-done work, undisturbed."""
    run = bench.folder / "counted"
    shutil.rmtree(run, ignore_errors=True)
    half_done(bench, run)
    return calls_of(bench, run, ranks, rank)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--ranks", type=int, default=0, help="0: without mpirun")
    parser.add_argument("--rank", type=int, default=0, help="the one that is struck")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(folder)
        calls = plain_calls(bench, options.ranks, options.rank)
        counts, wrong = Counter(), []
        for kind in options.kinds.split(","):
            for at in range(1, len(calls) + 1, options.every):
                found = strike(bench, kind, at, options.ranks, options.rank, then=(0, 0, 0, 2)[at % 4])
                counts[kind] += found is not None
                if found and found[2]:
                    wrong.append((kind, at, *found))
                    print(f"WRONG {kind} {at}: {found}", flush=True)
        print(f"{len(calls)} calls; struck {dict(counts)}; wrong {len(wrong)}")
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
