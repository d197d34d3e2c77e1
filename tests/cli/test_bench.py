"""`cplae bench`: lines that a script can read, figures that agree with one another, slips that are named. No figure is judged."""

import csv
import json
import math

import numpy as np
import pytest
from program import ROOT, SMOKE, refused, succeed

COMMON = {"bench", "device", "threads", "ranks", "version", "commit", "build"}
SMALL = ["--shape", "demo", "--cells", "60", "--genes", "12", "--batch", "16", "--warmup", "1", "--steps", "3", "--repeats", "2"]
CLOSE = 1e-9  # one rounding a product or quotient, and texts that read back as the same doubles
TRAIN_FIELDS = COMMON | {
    "device_name", "devices", "trainer", "precision", "shape", "cells", "features", "modalities", "latent_dim", "batch", "parameters", "networks", "together", "steps",
    "warmup", "repeats", "seconds", "seconds_median", "steps_per_second", "steps_per_second_median", "milliseconds_per_step", "milliseconds_per_validation",
    "gflop_per_step", "gbyte_per_step", "gflops",
}  # fmt: skip


def lines(*words, ranks=0, cwd=None):
    """The JSON objects that a bench prints; nothing but these."""
    return [json.loads(line) for line in succeed(*words, "--json", ranks=ranks, cwd=cwd).stdout.splitlines()]


def check_rates(line):
    """What follows from other fields of the line."""
    assert line["seconds"] > 0 and line["seconds"] <= line["seconds_median"]
    network_steps = line["networks"] * line["steps"]
    assert line["steps_per_second"] == pytest.approx(network_steps / line["seconds"], rel=CLOSE)
    assert line["steps_per_second_median"] == pytest.approx(network_steps / line["seconds_median"], rel=CLOSE)
    assert line["milliseconds_per_step"] == pytest.approx(1e3 / line["steps_per_second"], rel=CLOSE)
    assert line["gflops"] == pytest.approx(line["gflop_per_step"] * line["steps_per_second"], rel=CLOSE)
    if line["device"].startswith("cpu"):
        assert line["peak_gflops"] > 0 and line["memory_gb_per_second"] > 0
        assert line["fraction_of_peak"] == pytest.approx(line["gflops"] / line["peak_gflops"], rel=CLOSE)


def test_train_lines():
    made = lines("bench", "train", *SMALL, "--networks", "1,3", "--trainer", "reference", "--device", "cpu")
    assert [line["networks"] for line in made] == [1, 3]
    for line in made:
        assert TRAIN_FIELDS <= set(line), TRAIN_FIELDS - set(line)
        assert line["bench"] == "train" and line["trainer"] == "reference" and line["device"].startswith("cpu")
        assert (line["threads"], line["ranks"], line["devices"], line["together"]) == (1, 1, 1, 1)
        assert (line["shape"], line["cells"], line["features"], line["modalities"]) == ("demo", 60, [12, 30], 2)
        assert (line["batch"], line["warmup"], line["steps"], line["repeats"]) == (16, 1, 3, 2)
        check_rates(line)


def operations(features, hidden, latent, batch, decoder_passes):
    """Of one step: three products a layer (forward, gradient of weights, gradient of inputs), the data's gradient left out."""
    total = 0
    for inputs, units in zip(features, hidden):
        encoder = [inputs, *units, latent]
        decoder = [latent, *reversed(units), inputs]
        total += 3 * batch * sum(a * b for a, b in zip(encoder, encoder[1:])) - batch * encoder[0] * encoder[1]
        total += 3 * batch * decoder_passes * sum(a * b for a, b in zip(decoder, decoder[1:]))
    return 2 * total


@pytest.mark.parametrize(
    ("words", "features", "depth", "latent", "batch"),
    [
        (["--shape", "demo"], [200, 30], 2, 3, 100),
        (["--shape", "motor_cortex", "--cells", "300", "--latent-dim", "5", "--batch", "8"], [1286, 29], 4, 5, 8),
        (["--shape", "paper", "--cells", "300", "--genes", "70", "--modalities", "1"], [70], 4, 3, 200),
        (["--shape", "paper", "--cells", "300", "--genes", "70", "--modalities", "3"], [70, 68, 75], 4, 3, 200),
    ],
    ids=["demo", "latent", "one", "three"],
)
def test_train_shapes(words, features, depth, latent, batch):
    """Each decoder is passed once for every modality's latents, its own and the others'."""
    (line,) = lines("bench", "train", *words, "--steps", "1", "--warmup", "0", "--repeats", "1", "--device", "cpu")
    assert (line["features"], line["latent_dim"], line["batch"]) == (features, latent, batch)
    hidden = [[50] * depth] + [[40] * depth] * (len(features) - 1)
    assert line["gflop_per_step"] * 1e9 == pytest.approx(operations(features, hidden, latent, batch, len(features)), rel=CLOSE)


def test_paper_s_shape_is_that_of_the_job(tmp_path):
    """The shape in the program and jobs/paper.toml cost the same; both are fed cells of that shape."""
    succeed("simulate", "--preset", "paper", "--seed", 1, "--cells", 600, "--out", tmp_path / "paper.h5mu")
    few = ["--steps", "1", "--warmup", "0", "--repeats", "1", "--device", "cpu"]
    (study,) = lines("bench", "train", "--study", ROOT / "jobs/paper.toml", "--data", tmp_path / "paper.h5mu", *few)
    (shape,) = lines("bench", "train", "--shape", "paper", "--cells", 600, *few)
    same = ("shape", "cells", "features", "latent_dim", "batch", "parameters", "gflop_per_step", "gbyte_per_step")
    assert {name: study[name] for name in same} == {name: shape[name] for name in same}
    assert shape["features"] == [1252, 68] and shape["gflop_per_step"] == pytest.approx(0.254, rel=2e-3)


def test_train_on_two_ranks():
    """The networks are shared out; one rank has none of the first line."""
    made = lines("bench", "train", *SMALL, "--networks", "1,3", "--device", "cpu", ranks=2)
    assert [(line["networks"], line["ranks"], line["devices"]) for line in made] == [(1, 2, 2), (3, 2, 2)]
    for line in made:
        check_rates(line)


def test_train_takes_a_network_a_rank_unless_told():
    assert [line["networks"] for line in lines("bench", "train", *SMALL, "--device", "cpu", ranks=2)] == [2]
    assert [line["networks"] for line in lines("bench", "train", *SMALL, "--device", "cpu")] == [1]


def test_train_for_people():
    text = succeed("bench", "train", *SMALL, "--device", "cpu").stdout
    assert text.count("\n") == 1 and "network-steps/s" in text and "GFLOP/s" in text


GMM_FIELDS = COMMON | {
    "components", "starts", "cells", "dim", "iterations", "seconds", "seconds_median", "ns_per_cell_component_iteration",
    "floor_ns_per_cell_component_iteration", "fraction_of_floor", "log_likelihood_per_cell", "bic", "failed_starts", "peak_gflops",
}  # fmt: skip


def check_gmm(line):
    assert GMM_FIELDS <= set(line), GMM_FIELDS - set(line)
    updates = line["cells"] * line["components"] * line["iterations"]
    assert line["ns_per_cell_component_iteration"] == pytest.approx(1e9 * line["seconds"] / updates, rel=CLOSE)
    assert line["fraction_of_floor"] == pytest.approx(
        line["floor_ns_per_cell_component_iteration"] / line["ns_per_cell_component_iteration"], rel=CLOSE
    )
    k, d = line["components"], line["dim"]
    free = k * d * (d + 1) / 2 + k * d + k - 1
    assert line["bic"] == pytest.approx(-2 * line["cells"] * line["log_likelihood_per_cell"] + free * math.log(line["cells"]), rel=CLOSE)


def test_gmm_of_simulated_cells():
    made = lines("bench", "gmm", "--cells", 200, "--dim", 2, "--clusters", 4, "--components", "1,4", "--starts", 3)
    assert [(line["components"], line["cells"], line["dim"], line["starts"]) for line in made] == [(1, 200, 2, 3), (4, 200, 2, 3)]
    for line in made:
        check_gmm(line)
        assert line["source"] == "simulated"
    assert made[1]["log_likelihood_per_cell"] > made[0]["log_likelihood_per_cell"]


@pytest.mark.parametrize("header", [None, ["z 0", "z1"]], ids=["bare", "header"])
def test_gmm_of_a_table(header, tmp_path):
    """One component has a closed form: the likelihood of the normal with the cells' own mean and covariance (+ 1e-4)."""
    values = np.random.default_rng(3).normal(size=(150, 2)) @ np.array([[2.0, 0.3], [0.0, 0.5]])
    with (tmp_path / "x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([*([header] if header else []), *values.tolist()])
    (line,) = lines("bench", "gmm", "--input", tmp_path / "x.csv", "--components", 1, "--starts", 1)
    check_gmm(line)
    covariance = np.cov(values.T, bias=True) + 1e-4 * np.eye(2)
    inverse = np.linalg.inv(covariance)
    centred = values - values.mean(axis=0)
    distances = np.einsum("ci,ij,cj->c", centred, inverse, centred)
    expected = -0.5 * (2 * math.log(2 * math.pi) + math.log(np.linalg.det(covariance)) + distances.mean())
    assert (line["cells"], line["dim"], line["source"]) == (150, 2, "input")
    assert line["log_likelihood_per_cell"] == pytest.approx(expected, rel=1e-9)  # sums of 150 doubles: 150 x 1e-16


OPERATIONS = ["write_units", "read_units", "write_checkpoints", "read_checkpoints", "write_results", "read_results"]


@pytest.mark.parametrize("ranks", [0, 2, 3])
def test_io(ranks, tmp_path):
    """Three ranks and two networks: one rank has nothing to write."""
    made = lines("bench", "io", "--out", tmp_path, "--networks", 2, "--cells", 50, ranks=ranks)
    assert [line["operation"] for line in made] == OPERATIONS
    for line in made:
        assert COMMON <= set(line) and line["bench"] == "io"
        assert (line["networks"], line["cells"], line["ranks"]) == (2, 50, max(1, ranks))
        assert line["mb_per_second"] == pytest.approx(line["bytes"] / line["seconds"] / 1e6, rel=CLOSE)
        assert line["fraction_of_floor"] == pytest.approx(line["mb_per_second"] / line["floor_mb_per_second"], rel=CLOSE)
    parameters = 4 * 2 * 155780  # bytes of two networks' float32 weights
    assert all(line["bytes"] > parameters for line in made)
    assert list(tmp_path.iterdir()) == []  # what was written is removed


def simulated(tiny, *words):
    return lines("plan", SMOKE, "--data", tiny, *words)


def test_plan_simulates_ranks(tiny):
    """jobs/smoke.toml: all steps cost the same but those without coupling; costs are known to the FLOP."""
    made = simulated(tiny, "--simulate-ranks", "1,2,1024", "--step-ms", 2, "--cost-ns", 1)
    assert [(line["bench"], line["simulated"], line["ranks"]) for line in made] == [("schedule", True, n) for n in (1, 2, 1024)]
    alone, pair, many = made
    assert all(line["milliseconds_per_step"] == 2 and line["milliseconds_per_step_source"] == "given" for line in made)
    for stage in ("training", "statistics"):
        assert alone[f"{stage}_efficiency"] == pytest.approx(1, rel=CLOSE)
        for line in made:
            share = alone[f"{stage}_seconds"] / line["ranks"] / line[f"{stage}_seconds"]
            assert line[f"{stage}_efficiency"] == pytest.approx(share, rel=CLOSE)
        assert alone[f"{stage}_seconds"] / 2 <= pair[f"{stage}_seconds"] * (1 + CLOSE)
        assert many[f"{stage}_seconds"] <= pair[f"{stage}_seconds"]
    steps = 60  # of the one network that the busiest of many ranks trains, a coupled one
    assert many["training_seconds"] == pytest.approx(2e-3 * steps, rel=CLOSE)


def test_plan_measures_what_is_not_given(tiny):
    (line,) = simulated(tiny, "--simulate-ranks", "4")
    assert line["milliseconds_per_step"] > 0 and line["ns_per_cost"] > 0
    assert line["milliseconds_per_step_source"] == line["ns_per_cost_source"] == "measured here"


def test_plan_says_what_is_simulated(tiny):
    words = ["--simulate-ranks", "1,16", "--step-ms", "2", "--cost-ns", "1"]
    text = succeed("plan", SMOKE, "--data", tiny, *words).stdout
    assert "simulated, not run" in text and "2 ms a network-step (given)" in text and "Nothing was written" in text


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["train", "--steps", "0"], ["--steps", "0", "at least 1"]),
        (["train", "--steps", "many"], ["--steps", "many"]),
        (["train", "--networks", "1,0"], ["--networks", "0"]),
        (["train", "--networks", "1,x"], ["--networks", "x"]),
        (["train", "--repeats", "0"], ["--repeats"]),
        (["train", "--warmup", "-1"], ["--warmup", "-1"]),
        (["train", "--shape", "papre"], ["--shape", "papre", "paper"]),
        (["train", "--trainer", "fast"], ["--trainer", "fast", "reference"]),
        (["train", "--precision", "fp16"], ["--precision", "fp16", "tf32"]),
        (["train", "--precision", "tf32", "--device", "cpu"], ["training.precision", "tf32", "GPU"]),
        (["train", "--device", "tpu"], ["--device", "tpu"]),
        (["train", "--modalities", "7"], ["modalities", "7"]),
        (["train", "--latent-dim", "0"], ["--latent-dim", "0"]),
        (["train", "--batch", "1"], ["--batch", "1"]),
        (["train", "--cells", "3"], ["--cells", "3"]),
        (["train", "--genes", "1"], ["--genes", "1"]),
        (["train", "--data", "d.h5mu"], ["--data", "--study"]),
        (["train", "--study", str(SMOKE)], ["--study", "--data"]),
        (["train", "--study", str(SMOKE), "--data", "d.h5mu", "--genes", "5"], ["--genes", "--study"]),
        (["train", "--study", str(SMOKE), "--data", "none.h5mu"], ["none.h5mu"]),
        (["gmm", "--components", "0"], ["--components", "0"]),
        (["gmm", "--components", "30", "--cells", "20"], ["--components", "30", "20 cells"]),
        (["gmm", "--starts", "0"], ["--starts"]),
        (["gmm", "--input", "none.csv"], ["none.csv"]),
        (["io", "--networks", "0"], ["--networks"]),
        (["io", "--out", "none"], ["--out none"]),
        (["tarin"], ["bench", "tarin"]),
        ([], ["bench"]),
    ],
    ids=lambda value: " ".join(value)[-40:],
)
def test_slips(words, names, tmp_path):
    refused("bench", *words, names=names, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_slip_is_told_once_by_two_ranks():
    refused("bench", "train", "--steps", "0", ranks=2, names=["--steps"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n3\n", ["line 3", "1 fields", "expected 2"]),
        ("1,2\n3,four\n", ["line 2", "four"]),
        ("1,2\n3,nan\n", ["line 2", "nan"]),
        ("a,b\n", ["no row of numbers"]),
        ("", ["no row of numbers"]),
    ],
    ids=["short", "word", "nan", "header", "empty"],
)
def test_tables_that_are_no_numbers(text, names, tmp_path):
    (tmp_path / "x.csv").write_text(text)
    refused("bench", "gmm", "--input", tmp_path / "x.csv", names=["x.csv", *names])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--simulate-ranks", "0"], ["--simulate-ranks", "0"]),
        (["--simulate-ranks", "1", "--step-ms", "0"], ["--step-ms", "0"]),
        (["--simulate-ranks", "1", "--cost-ns", "-1"], ["--cost-ns", "-1"]),
        (["--json"], ["--json", "--simulate-ranks"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_plan_refuses(words, names, tiny):
    refused("plan", SMOKE, "--data", tiny, *words, names=names)
