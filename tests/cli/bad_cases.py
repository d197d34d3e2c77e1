"""What the bad inputs share: their list, and studies of their own."""

from program import study_text

CASES = {}


def case(name):
    def keep(make):
        assert name not in CASES
        CASES[name] = make
        return make

    return keep


def study_of(folder, text):
    path = folder / "own.toml"
    (path.write_bytes if isinstance(text, bytes) else path.write_text)(text)
    return path


def own(folder, names=("one", "two"), **more):
    return study_of(folder, study_text(names, **more))
