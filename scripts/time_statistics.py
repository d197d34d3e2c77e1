"""How long each kind of statistics took, of the times at which its units were written: a line of JSON for each.

    python scripts/time_statistics.py RUN > results/performance/statistics.jsonl

RUN is a run folder whose statistics were made in one go. The kinds follow one another; a kind's seconds are those from the last unit of the
one before it (of the first kind: from results.h5) to its own last.
"""

import argparse
import json
import re
from pathlib import Path

KINDS = {
    "evaluation": "networks: types, matching, reconstruction, losses",
    "baseline": "PC-CCA",
    "regression,mean": "baseline: mean",
    "regression,neighbours": "baseline: nearest neighbours",
    "regression,ridge": "baseline: ridge",
    "regression,reduced_rank": "baseline: reduced rank",
    "mixture": "mixtures",
    "consensus": "consensus clusters",
    "types": "means of types",
    "ensemble": "ensembles",
}


def kind_of(unit):
    kind = unit.name.split(",")[0].removesuffix(".unit")
    method = re.search(r"baseline=(\w+)", unit.name) if kind == "regression" else None
    return f"{kind},{method.group(1)}" if method else kind


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    run = parser.parse_args().run
    origin = json.loads((run / "provenance.json").read_text())["sessions"][-1]
    times = {}
    for unit in (run / "work/statistics").glob("*.unit"):
        times.setdefault(kind_of(unit), []).append(unit.stat().st_mtime)
    before = (run / "results.h5").stat().st_mtime
    for kind, written in sorted(times.items(), key=lambda item: max(item[1])):
        line = {"kind": KINDS.get(kind, kind), "units": len(written), "seconds": round(max(written) - before, 1), "ranks": origin["ranks"]}
        print(json.dumps(line | {"device": origin["device"], "commit": origin["git_commit"]}))
        before = max(written)


if __name__ == "__main__":
    main()
