"""A few rounds of kill_loop.py; more of them, by hand: kill_loop.py 300."""

from kill_loop import kill

ROUNDS = 25


def test_killed_at_random(tmp_path):
    tally = kill(ROUNDS, seed=5, folder=tmp_path)
    print(tally)
    assert sum(tally.kills.values()) >= ROUNDS
