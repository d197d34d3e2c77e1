"""Records of work/ as docs/file-formats.md says them: texts and arrays by name."""

import json
import math
import struct

import numpy as np

TYPES = {"float32": "<f4", "float64": "<f8", "int64": "<i8", "uint8": "u1"}


def read_record(path):
    """(texts, arrays); the checksum at the end is left to `cplae verify`."""
    content = path.read_bytes()
    assert content[:12] == b"CPLAEREC" + struct.pack("<I", 1)
    (length,) = struct.unpack("<Q", content[12:20])
    header, place, arrays = json.loads(content[20 : 20 + length]), 20 + length, {}
    for slot in header["arrays"]:
        count = math.prod(slot["shape"])
        arrays[slot["name"]] = np.frombuffer(content, TYPES[slot["type"]], count, place).reshape(slot["shape"])
        place += arrays[slot["name"]].nbytes
    assert place == len(content) - 32
    return header["text"], arrays
