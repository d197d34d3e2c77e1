"""Every include of src/ and include/ obeys the table of docs/architecture.md; heavy headers stay where they belong."""

import re

from sources import ROOT, code_of, cpp_files, includes, reach, resolve, room_of

# Which rooms a room's files may include, beside its own. In the order of the flow.
ALLOWED = {
    "core": set(),
    "h5": {"core"},
    "dist": {"core"},
    "data": {"core", "h5"},
    "study": {"core", "data"},
    "model": {"core", "study"},
    "engine": {"core", "data", "study", "model"},
    "train": {"core", "data", "study", "model", "engine"},
    "store": {"core", "h5", "dist", "data", "study", "model", "engine", "train"},
    "stats": {"core"},
    "reduce": {"core", "h5", "dist", "data", "study", "model", "engine", "train", "store", "stats"},
    "predict": {"core", "data", "study", "model", "store", "stats", "reduce"},
    "apps": {"core", "h5", "dist", "data", "study", "model", "engine", "train", "store", "stats", "reduce", "predict"},
}

TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
# Not for public headers: they are slow to compile, or clash (the PyTorch wheel ships another fmt).
HEAVY = re.compile(r"^((torch|ATen|c10|caffe2|nlohmann|fmt|spdlog|toml\+\+|CLI)/|mpi\.h$|hdf5|H5|toml\.hpp$)")
# Not within reach of stats, which is Eigen alone.
NOT_IN_STATS = re.compile(r"^((torch|ATen|c10|caffe2)/|mpi\.h$|hdf5|H5)")
MOST_TORCH_FILES = 8

FILES = cpp_files("include", "src")
SOURCES_WITH_ROOMS = [path for path in FILES if len(path.relative_to(ROOT).parts) > 2]


def wrong_rooms(path, root=ROOT):
    """Includes of rooms that the file's room may not use; a quoted include that leads nowhere is left to the compiler."""
    room = room_of(path, root)
    for quoted, name in includes(path):
        target = resolve(path, name, root) if quoted else None
        if target and room_of(target, root) not in ALLOWED[room] | {room}:
            yield f"{path.relative_to(root)} ({room}) includes {name} ({room_of(target, root)})"


def test_wrong_includes_are_found(tmp_path):
    """The judge itself, on a made tree: stats includes data by its full name, by a private header, and through a header of its own."""
    texts = {
        "include/cplae/data/read.hpp": "#include <mpi.h>\n",
        "src/data/private.hpp": "#pragma once\n",
        "include/cplae/stats/a.hpp": '#include "cplae/data/read.hpp"\n',
        "src/stats/a.cpp": '#include "cplae/stats/a.hpp"\n  #  include "data/private.hpp"\n// #include "cplae/data/read.hpp"\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [line for path in cpp_files("include", "src", root=tmp_path) for line in wrong_rooms(path, tmp_path)]
    assert found == [
        "include/cplae/stats/a.hpp (stats) includes cplae/data/read.hpp (data)",
        "src/stats/a.cpp (stats) includes data/private.hpp (data)",
    ]
    assert (tmp_path / "include/cplae/data/read.hpp").resolve() in reach(tmp_path / "src/stats/a.cpp", tmp_path)


def test_there_are_files_to_judge():
    assert len(SOURCES_WITH_ROOMS) > 20


def test_rooms_are_those_of_the_table():
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    folders |= {path.name for path in (ROOT / "include" / "cplae").iterdir() if path.is_dir()}
    assert folders <= set(ALLOWED), "a room without a row in ALLOWED and in docs/architecture.md"


def test_table_agrees_with_the_architecture():
    table = re.findall(r"^\| (\w+) \| `cplae(?:_\w+)?` \| .* \| (.*) \|$", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    order = list(ALLOWED)
    assert [room for room, _ in table] == order
    for room, uses in table:
        above = set(order[: order.index(room)])
        written = above if uses == "all above" or (room == "apps" and uses == "all") else set(re.findall(r"\w+", uses))
        assert written == ALLOWED[room], room


def test_rooms_are_used_in_the_order_of_the_flow():
    order = list(ALLOWED)
    assert all(order.index(used) < order.index(room) for room, uses in ALLOWED.items() for used in uses)


def test_includes_obey_the_table():
    assert [line for path in SOURCES_WITH_ROOMS for line in wrong_rooms(path)] == []


def test_libraries_link_by_the_table():
    wrong = []
    for room in ALLOWED:
        lists = ROOT / "src" / room / "CMakeLists.txt"
        for used in re.findall(r"\bcplae_(\w+)", lists.read_text()) if lists.exists() else []:
            if used in ALLOWED and used != room and used not in ALLOWED[room]:
                wrong.append(f"src/{room}/CMakeLists.txt links cplae_{used}")
    assert wrong == []


def test_public_headers_name_no_heavy_library():
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in cpp_files("include")
        for _, name in includes(path)
        if HEAVY.match(name)
    ]
    assert wrong == []


def test_public_headers_include_public_headers_only():
    wrong = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in cpp_files("include")
        for quoted, name in includes(path)
        if quoted and not (ROOT / "include" / name).is_file()
    ]
    assert wrong == []


def test_statistics_reach_no_torch_mpi_or_hdf5():
    wrong = []
    for path in FILES:
        if room_of(path) == "stats":
            wrong += [f"{path.name}: {name} in {there.name}" for there in reach(path) for _, name in includes(there) if NOT_IN_STATS.match(name)]
    assert wrong == []


def test_few_files_include_torch():
    names = [str(p.relative_to(ROOT)) for p in cpp_files("include", "src", "tests") if any(TORCH.match(n) for _, n in includes(p))]
    assert len(names) <= MOST_TORCH_FILES, names


def test_torch_and_fmt_never_meet():
    """The wheel's fmt headers shadow the system's: in one file they would mix two versions of one library."""
    wrong = []
    for path in cpp_files("src", "tests/unit", "tests/mpi"):
        names = {name for there in (reach(path) if room_like(path) else {path}) for _, name in includes(there)}
        if any(TORCH.match(n) for n in names) and any(re.match(r"(fmt|spdlog)/", n) for n in names):
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def room_like(path):
    return path.relative_to(ROOT).parts[0] in {"src", "include"}


def uses_of(pattern):
    hits = []
    for path in FILES:
        for number, line in enumerate(code_of(path).splitlines(), start=1):
            hits += [f"{path.relative_to(ROOT)}:{number}"] * len(re.findall(pattern, line))
    return hits


def test_the_world_communicator_is_named_once():
    assert len(uses_of(r"\bMPI_COMM_WORLD\b")) <= 1, uses_of(r"\bMPI_COMM_WORLD\b")


def test_only_main_leaves_the_program():
    hits = uses_of(r"(?<![\w.>])(?:std::|::)?(?:_|quick_|_E)?[eE]xit\s*\(")
    # Session::abort is main's last resort: the line after MPI_Abort, which the compiler does not know to be the end. The watch ends a
    # process whose main is stuck in MPI_Init.
    allowed = ("src/apps/main.cpp:", "src/dist/session.cpp:", "src/dist/launcher_watch.cpp:")
    assert [hit for hit in hits if not hit.startswith(allowed)] == []
