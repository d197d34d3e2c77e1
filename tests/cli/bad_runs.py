"""Run folders from strangers, made by hand: what says whose run it is may hold anything."""

import json
import os

from bad_cases import CASES, case
from program import SMOKE

SESSION = {"data_path": "/none/data.h5mu", "ranks": 1, "started": "2024-01-01T00:00:00Z"}
RECORD = {"format": 1, "seed": 1, "identity": {"data_sha256": "0" * 64}, "sessions": [SESSION]}


def folder_of(folder, text):
    """A run folder of that provenance.json."""
    run = folder / "run"
    run.mkdir()
    (run / "provenance.json").write_text(text if isinstance(text, str) else json.dumps(text))
    (run / "study.toml").write_bytes(SMOKE.read_bytes())
    return run


def session(**more):
    return {**RECORD, "sessions": [{**SESSION, **more}]}


RECORDS = {
    "run that was never started": {**RECORD, "sessions": []},
    "run whose sessions are no list": {**RECORD, "sessions": {}},
    "run without an identity": {**RECORD, "identity": []},
    "run without a data file": session(data_path=""),
    "run on no rank": session(ranks=0),
    "run record of no JSON": '{"identity": ',
    "run record that is nested deeply": json.dumps(RECORD)[:-2] + ", " + "[" * 50_000 + "]" * 50_000 + "]}",
    "run record of many keys": json.dumps({**RECORD, "identity": {str(i): 0 for i in range(2000)}}),
}
for record_name, record in RECORDS.items():

    @case(record_name)
    def _(folder, tiny, content=record):
        return ["status", folder_of(folder, content)]


@case("run record that is a pipe")
def _(folder, tiny):
    run = folder_of(folder, RECORD)
    (run / "provenance.json").unlink()
    os.mkfifo(run / "provenance.json")
    return ["status", run]


@case("run whose study is a pipe")
def _(folder, tiny):
    run = folder_of(folder, RECORD)
    (run / "study.toml").unlink()
    os.mkfifo(run / "study.toml")
    return ["status", run]


@case("run whose data file is a pipe")
def _(folder, tiny):
    run = folder_of(folder, session(data_path=str(folder / "pipe")))
    os.mkfifo(folder / "pipe")
    (run / "results.h5").write_bytes(b"")
    return ["export", run, "--to", folder / "x.csv"]


@case("run whose data file is a device")
def _(folder, tiny):
    run = folder_of(folder, session(data_path="/dev/zero"))
    (run / "results.h5").write_bytes(b"")
    return ["export", run, "--to", folder / "x.csv"]


__all__ = ["CASES"]
