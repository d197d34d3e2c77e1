"""Calls the program stats_probe: one list of requests in, the list of answers out; NaN travels as null."""
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np


LARGE = 100_000  # entries; such a matrix travels as a file of raw doubles


def to_json(value, folder):
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.size > LARGE:
        path = Path(folder) / f"{len(os.listdir(folder))}.raw"
        np.ascontiguousarray(value, np.float64).tofile(path)
        return {"file": str(path), "shape": value.shape}
    if isinstance(value, np.ndarray):
        return to_json(value.tolist(), folder)
    if isinstance(value, dict):
        return {key: to_json(item, folder) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item, folder) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def ask_all(requests):
    program = Path(os.environ["CPLAE_BIN_DIR"]) / "stats_probe"
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(to_json(requests, folder))
        result = subprocess.run([program], input=text, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def ask(command, **arguments):
    answer = ask_all([{"command": command, **arguments}])[0]
    assert "error" not in answer, answer["error"]
    return answer


def refusal(command, **arguments):
    """The text with which cplae refuses the request."""
    return ask_all([{"command": command, **arguments}])[0]["error"]


def array(values):
    """A list (of lists) of numbers, null for NaN."""
    return np.array(values, dtype=float)
