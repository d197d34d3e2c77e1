"""What a run folder must hold to be gone on with, and what is refused there."""

import ctypes
import ctypes.util
import json
import re
import shutil

import h5py
import pytest
from bits import assert_same_bits
from program import SMOKE, call, refused, succeed
from sums import seal
from test_run import hashes


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory):
    """The smoke study, run to its end."""
    run = tmp_path_factory.mktemp("whole") / "run"
    succeed("run", SMOKE, "--data", tiny, "--out", run)
    return run


class Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def xxh3_128(content):
    """The checksum of a record, by the library itself."""
    name = ctypes.util.find_library("xxhash")
    if not name:
        pytest.skip("no shared libxxhash: a unit of another version was NOT tried")
    function = ctypes.CDLL(name).XXH3_128bits
    function.restype, function.argtypes = Hash128, [ctypes.c_char_p, ctypes.c_size_t]
    found = function(content, len(content))
    return f"{found.high:016x}{found.low:016x}".encode()


def with_version(unit, version):
    """A whole unit of another version of the statistics, as long as the one there is."""
    content, checksum = unit.read_bytes()[:-32], unit.read_bytes()[-32:]
    assert xxh3_128(content) == checksum
    old = re.search(rb'"statistics_version":"(\d+)"', content)
    assert len(old.group(1)) == len(version)
    changed = content[: old.start(1)] + version + content[old.end(1) :]
    unit.write_bytes(changed + xxh3_128(changed))


def test_reduce_wants_statistics_of_this_version(whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    units = sorted((run / "work/statistics").glob("*.unit"))
    with_version(units[0], b"0")
    refused("reduce", SMOKE, "--data", tiny, "--out", run, "--quiet", names=[units[0].stem, "this version", "cplae evaluate"])
    assert f"statistics  {len(units) - 1} of {len(units)} done, 1 left" in succeed("status", run).stdout
    succeed("run", SMOKE, "--data", tiny, "--out", run)
    assert_same_bits(whole, run)


@pytest.mark.parametrize(("stage", "kind", "before"), [("evaluate", "networks", "train"), ("reduce", "statistics", "evaluate")])
def test_stages_want_whole_units(stage, kind, before, whole, tiny, tmp_path):
    """A damaged one is no unit: it is named at once, not waited for."""
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    torn = sorted((run / "work" / kind).glob("*.unit"))[0]
    torn.write_bytes(torn.read_bytes()[:-7])
    done = call(stage, SMOKE, "--data", tiny, "--out", run)
    assert done.returncode == 2
    assert f"{torn.name}: not a whole record" in done.stderr and f"{torn.stem} is not done yet; run cplae {before}" in done.stderr


def test_results_without_their_units_are_not_replaced_unasked(whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    shutil.rmtree(run / "work")
    before = hashes(run)
    for stage in ("run", "train"):
        refused(stage, SMOKE, "--data", tiny, "--out", run, names=[run / "results.h5", "--overwrite"])
    assert hashes(run) == before
    succeed("run", SMOKE, "--data", tiny, "--out", run, "--overwrite")
    assert_same_bits(whole, run)


@pytest.mark.parametrize("stage", ["run", "evaluate"])
@pytest.mark.parametrize("damage", ["lost", "cut"])
def test_results_are_made_again_from_their_units(stage, damage, whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    results = run / "results.h5"
    content = results.read_bytes()
    results.unlink()
    if damage == "cut":
        results.write_bytes(content[: len(content) // 2])
    told = succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr
    assert ("results.h5: cannot be opened" in told) == (damage == "cut")
    assert_same_bits(whole, run)


def flip(results, dataset, bit=0):
    """One bit of the stored bytes of a dataset."""
    with h5py.File(results) as file:
        where = file[dataset].id.get_offset() or file[dataset].id.get_chunk_info(0).byte_offset
    with results.open("r+b") as file:
        file.seek(where)
        byte = file.read(1)[0]
        file.seek(where)
        file.write(bytes([byte ^ 1 << bit]))


@pytest.mark.parametrize("stage", ["run", "train", "evaluate"])
def test_a_flipped_bit_in_the_results_is_named_and_mended(stage, whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    with h5py.File(run / "results.h5") as file:
        names = []
        file.visititems(lambda name, item: names.append(name) if name.endswith("latents/T") else None)
    flip(run / "results.h5", names[0])
    told = succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr
    assert f"results.h5: /{names[0]}: its checksum is wrong; results.h5 is made again from its units" in told
    assert_same_bits(whole, run)
    assert "made again" not in succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr


@pytest.mark.parametrize("stage", ["run", "train", "evaluate"])
@pytest.mark.parametrize("origin", ["fewer", "others"])
def test_results_of_another_plan_are_written_again(origin, stage, whole, tiny, tmp_path):
    """None of their networks differs from its unit: some have no row, or all have other names."""
    other, run = tmp_path / "other", tmp_path / "run"
    study = tmp_path / "study.toml"
    study.write_text(SMOKE.read_text() if origin == "fewer" else SMOKE.read_text().replace('"cross_validation"', '"cv"').replace('"consensus"', '"repeats"'))
    changes = ["--set", "experiment.consensus.initialisations=1"] if origin == "fewer" else []
    succeed("train", study, "--data", tiny, "--out", other, *changes)
    shutil.copytree(whole, run)
    shutil.copy(other / "results.h5", run)
    told = succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr
    assert "results.h5: is of another study: " in told and "results.h5 is made again from its units" in told and "was missing" not in told
    assert_same_bits(whole, run)
    assert "made again" not in succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr


def test_results_that_say_other_data_are_written_again(whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    with h5py.File(run / "results.h5", "r+") as file:
        file.attrs["data_sha256"] = "0" * 64
    seal(run / "results.h5")
    told = succeed("run", SMOKE, "--data", tiny, "--out", run).stderr
    assert f"results.h5: is of other data, of SHA-256 {'0' * 64}" in told
    with h5py.File(run / "results.h5") as file:
        assert file.attrs["data_sha256"] != "0" * 64
    assert_same_bits(whole, run)


def test_a_look_that_fails_fails_on_all_ranks(whole, tiny, tmp_path):
    """At once, as one error, and not after a while as that of a rank that the others wait for."""
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    (run / "results.h5").unlink()
    (run / "results.h5").symlink_to("results.h5")
    line = refused("evaluate", SMOKE, "--data", tiny, "--out", run, "--quiet", code=1, names=["results.h5"], ranks=2)
    assert "rank 0" not in line


@pytest.mark.parametrize("stage", ["run", "evaluate"])
def test_stale_results_are_written_again(stage, whole, tiny, tmp_path):
    """Whole, but of other networks of the same names."""
    other, run = tmp_path / "other", tmp_path / "run"
    succeed("train", SMOKE, "--data", tiny, "--out", other, "--set", "training.learning_rate=0.002")
    shutil.copytree(whole, run)
    shutil.copy(other / "results.h5", run)
    told = succeed(stage, SMOKE, "--data", tiny, "--out", run).stderr
    assert "is not the one of its unit" in told and "more); results.h5 is made again from its units" in told
    assert_same_bits(whole, run)


def test_a_folder_among_the_units_is_nobody_s(whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    for kind in ("networks", "statistics"):
        (run / "work" / kind / "mine.unit").mkdir()
    succeed("run", SMOKE, "--data", tiny, "--out", run)
    succeed("status", run)
    succeed("verify", run)
    assert_same_bits(whole, run)


def test_a_run_without_its_study_is_refused(whole, tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    (run / "study.toml").unlink()
    refused("run", SMOKE, "--data", tiny, "--out", run, "--quiet", names=[run / "study.toml", "missing", "--overwrite"])


def test_the_trainer_by_its_name_is_the_same_run(whole, tiny, tmp_path):
    """`auto` came to be the fused one on this CPU."""
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    succeed("run", SMOKE, "--data", tiny, "--out", run, "--set", "training.trainer=fused")
    assert_same_bits(whole, run)
    refused("run", SMOKE, "--data", tiny, "--out", run, "--set", "training.trainer=reference", names=["trainer", "fused", "reference"])


def test_provenance_tells_versions_and_devices(whole):
    session = json.loads((whole / "provenance.json").read_text())["sessions"][-1]
    assert {"torch", "compiler", "hdf5", "mpi"} <= session["libraries"].keys()
    assert re.fullmatch(r"\d+\.\d+\.\d+", session["libraries"]["hdf5"])
    assert session["device"].startswith(("cpu (", "cuda"))
