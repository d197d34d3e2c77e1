"""Bad command lines, studies and run folders."""

import os

from bad_cases import CASES, case, study_of
from program import SMOKE

# --- the command line ----------------------------------------------------------------------------------------------------------

LINES = {
    "unknown command": ["runn"],
    "unknown command of import": ["import", "matt", "x.mat"],
    "no data": ["plan", SMOKE],
    "unknown preset": ["simulate", "--preset", "tinny", "--out", "x.h5mu"],
    "seven modalities": ["simulate", "--preset", "tiny", "--modalities", "7", "--out", "x.h5mu"],
    "all cells lack": ["simulate", "--preset", "tiny", "--lack", "2", "--out", "x.h5mu"],
    "one cell": ["simulate", "--preset", "tiny", "--cells", "1", "--out", "x.h5mu"],
    "output of another kind": ["simulate", "--preset", "tiny", "--out", "x.csv"],
    "output in no folder": ["simulate", "--preset", "tiny", "--out", "none/x.h5mu"],
    "status of no run": ["status", "none"],
    "export of no run": ["export", "none", "--to", "x.h5mu"],
    "fold below 0": ["export", "none", "--to", "x.h5mu", "--fold", "-1"],
    "import of no table": ["import", "csv", "--modality", "T", "--out", "x.h5mu"],
    "transposed table that is none": ["import", "csv", "--modality", "T=none.csv", "--transpose", "E", "--out", "x.h5mu"],
}
for line_name, line_words in LINES.items():
    CASES[line_name] = lambda folder, tiny, words=tuple(line_words): list(words)

TINY = {
    "unknown option": ["--devise", "cpu"],
    "unknown device": ["--device", "tpu"],
    "override without a value": ["--set", "trainingsteps"],
    "override without a key": ["--set", "=3"],
    "unknown key": ["--set", "training.stpes=10"],
    "key in the wrong table": ["--set", "coupling.steps=10"],
    "no number": ["--set", "training.steps=many"],
    "no steps": ["--set", "training.steps=0"],
    "negative rate": ["--set", "training.learning_rate=-1"],
    "rate that is none": ["--set", "training.learning_rate=nan"],
    "half a dimension": ["--set", "training.latent_dim=2.5"],
    "dropout of everything": ["--set", "modality.E.dropout=1.0"],
    "modality that the study lacks": ["--set", "modality.X.dropout=0.1"],
    "experiment that the study lacks": ["--set", "experiment.cross_validaton.folds=3"],
    "one fold": ["--set", "experiment.cross_validation.folds=1"],
    "more folds than cells of a class": ["--set", "experiment.cross_validation.folds=100"],
    "a billion folds": ["--set", "experiment.cross_validation.folds=1000000000"],
    "more components than features": ["--set", "experiment.cross_validation.pc_cca=[[4, 400]]"],
    "components that fall": ["--set", "experiment.consensus.components=[5, 3]"],
    "nothing to test on": ["--set", "experiment.consensus.test_fraction=0"],
    "everything to test on": ["--set", "experiment.consensus.test_fraction=1.5"],
    "training on nothing": ["--set", "experiment.consensus.test_fraction=0.999999"],
    "unknown scale": ["--set", "coupling.scale=sqrt"],
    "unknown label column": ["--set", "labels.column=lefa"],
    "labels that are inner nodes": ["--set", "labels.column=family"],
    "unknown further label": ["--set", "labels.also=[\"famly\"]"],
    "tree that is not there": ["--set", "labels.taxonomy=none.csv"],
    "a million networks": ["--set", "experiment.consensus.initialisations=10000000"],
    "unknown key to vary": ["--set", "experiment.consensus.vary.coupling.lamda=[1.0, 2.0]"],
    "nothing to vary": ["--set", "experiment.consensus.vary.coupling.lambda=[]"],
}
for tiny_name, tiny_words in TINY.items():
    command = "run" if "--dev" in tiny_words[0] else "plan"
    CASES[tiny_name] = lambda folder, tiny, words=tuple(tiny_words), command=command: [
        command, SMOKE, "--data", tiny, *words, *(["--out", "run"] if command == "run" else [])
    ]

# --- studies -------------------------------------------------------------------------------------------------------------------

GOOD = '[[modality]]\nname = "T"\n[[experiment]]\nname = "e"\n'
STUDIES = {
    "empty study": "",
    "study without experiments": '[[modality]]\nname = "T"\n',
    "study that is no TOML": "[training\nsteps = 3\n",
    "study that ends in a key": "[training]\nsteps =",
    "key given twice": "[training]\nsteps = 3\nsteps = 4\n" + GOOD,
    "a date for a number": "[training]\nsteps = 2020-01-01\n" + GOOD,
    "a boolean for a number": "[coupling]\nlambda = true\n" + GOOD,
    "unknown table": "[traning]\nsteps = 3\n" + GOOD,
    "two modalities of one name": '[[modality]]\nname = "T"\n' + GOOD,
    "two modalities of one source": '[[modality]]\nname = "G"\nsource = "T"\n' + GOOD,
    "modality without a name": "[[modality]]\nhidden = [3]\n" + GOOD,
    "experiment that leads elsewhere": '[[modality]]\nname = "T"\n[[experiment]]\nname = "../../etc"\n',
    "modality of dots": '[[modality]]\nname = ".."\n[[experiment]]\nname = "e"\n',
    "key of another kind of experiment": GOOD + 'kind = "repeats"\nfolds = 3\n',
    "study of bytes": b"\xff\xfe[training]\n",
    "study with a null byte": b"[training]\nsteps = 3\x00\n",
    "study of brackets": "a = " + "[" * 5000,
    "study of dots": ".".join("a" * 5000) + " = 1",
}
for study_name, study_words in STUDIES.items():
    CASES[study_name] = lambda folder, tiny, text=study_words: ["plan", study_of(folder, text), "--data", tiny]


@case("no study")
def _(folder, tiny):
    return ["plan", folder / "none.toml", "--data", tiny]


@case("a folder for a study")
def _(folder, tiny):
    return ["plan", folder, "--data", tiny]


@case("a study of a gigabyte")
def _(folder, tiny):
    path = study_of(folder, "#")
    os.truncate(path, 1 << 30)
    return ["plan", path, "--data", tiny]


TREES = {
    "tree without a root": "label,parent,height,leaf\na,b,1,\nb,a,1,\n",
    "tree in a circle": "label,parent,height,leaf\nr,,3,\nm,n,1,\nn,m,2,\na,m,0,TRUE\n",
    "tree of two roots": "label,parent,height,leaf\nr,,3,\ns,,3,\na,r,0,TRUE\n",
    "tree without heights": "label,parent,hight,leaf\nr,,3,\n",
    "tree that lacks the labels": "label,parent,height,leaf\nr,,3,\na,r,0,TRUE\n",
    "tree of text heights": "label,parent,height,leaf\nr,,high,\na,r,0,TRUE\n",
    "tree with a line too short": "label,parent,height,leaf\nr,,3\n",
}
for tree_name, tree_text in TREES.items():

    @case(tree_name)
    def _(folder, tiny, text=tree_text):
        (folder / "tree.csv").write_text(text)
        study = study_of(folder, SMOKE.read_text())
        return ["plan", study, "--data", tiny, "--set", "labels.taxonomy=tree.csv"]


PANELS = {
    "panel that is not there": None,
    "panel of two features": "gene_01\ngene_02\nVip\n",
    "panel of comments": "# Vip\n\n",
    "panel with a name twice": "Vip\nSst\nVip\n",
    "panel of bytes": b"Vip\n\xff\xfe\n",
}
for panel_name, panel_content in PANELS.items():

    @case(panel_name)
    def _(folder, tiny, content=panel_content):
        if content is not None:
            (folder / "panel.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
        study = study_of(folder, SMOKE.read_text())
        return ["plan", study, "--data", tiny, "--set", "modality.T.panel=panel.txt"]


@case("panel that is a pipe")
def _(folder, tiny):
    os.mkfifo(folder / "panel.txt")
    study = study_of(folder, SMOKE.read_text())
    return ["plan", study, "--data", tiny, "--set", "modality.T.panel=panel.txt"]


# --- run folders ---------------------------------------------------------------------------------------------------------------


def run_at(folder, tiny, out):
    return ["run", SMOKE, "--data", tiny, "--out", folder / out]


@case("a file for a run folder")
def _(folder, tiny):
    (folder / "file").touch()
    return run_at(folder, tiny, "file")


@case("a run folder below a file")
def _(folder, tiny):
    (folder / "file").touch()
    return run_at(folder, tiny, "file/run")


@case("someone's folder")
def _(folder, tiny):
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("mine")
    return run_at(folder, tiny, "mine")


@case("work that lies elsewhere")
def _(folder, tiny):
    (folder / "elsewhere").mkdir()
    (folder / "run").mkdir()
    (folder / "run" / "work").symlink_to(folder / "elsewhere")
    return run_at(folder, tiny, "run")


@case("a lock that lies elsewhere")
def _(folder, tiny):
    (folder / "mine.txt").write_text("mine")
    (folder / "run" / "work").mkdir(parents=True)
    (folder / "run" / "work" / "lock").symlink_to(folder / "mine.txt")
    return run_at(folder, tiny, "run")


@case("tables that lie elsewhere")
def _(folder, tiny):
    (folder / "elsewhere").mkdir()
    (folder / "run" / "work").mkdir(parents=True)
    (folder / "run" / "work" / "lock").touch()
    (folder / "run" / "tables").symlink_to(folder / "elsewhere")
    return run_at(folder, tiny, "run")


@case("statistics before networks")
def _(folder, tiny):
    return ["evaluate", SMOKE, "--data", tiny, "--out", folder / "run"]


@case("output that is there")
def _(folder, tiny):
    (folder / "x.h5mu").touch()
    return ["simulate", "--preset", "tiny", "--out", folder / "x.h5mu"]


@case("status of someone's folder")
def _(folder, tiny):
    return ["status", folder]
