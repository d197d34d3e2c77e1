"""Too little memory on the host: one line that says at what it ran out, and what is finished is kept."""

import subprocess

import pytest
from harness import error_lines, launch_words, succeed

LIMIT_KIBIBYTES = 1 << 20  # of addresses; the small study takes less than a third of it
WIDE = ("--set", "modality.T.hidden=[20000, 20000]")  # 400 million weights


@pytest.mark.parametrize("ranks", [0, 2])
def test_out_of_memory_is_one_line(ranks, bench, tmp_path):
    run = tmp_path / "run"
    limited = ["bash", "-c", f'ulimit -v {LIMIT_KIBIBYTES} && exec "$@"', "bash"]
    done = subprocess.run([*limited, *launch_words([*bench.words(run), *WIDE], ranks, {})], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    (line,) = error_lines(done)
    assert "out of memory while training network " in line, line
    succeed("status", run)
    done = subprocess.run([*limited, *launch_words(bench.words(tmp_path / "narrow"), ranks, {})], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    bench.assert_same(tmp_path / "narrow")
