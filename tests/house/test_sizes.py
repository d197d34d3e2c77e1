"""Files and functions stay small enough to be read in one go; nothing is left for later."""

import ast
import re

from sources import ROOT, code_of, cpp_files

MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60


def own_files():
    yield from cpp_files("include", "src", "tests", "fuzz")
    for folder, pattern in [("scripts", "*.sh"), ("scripts", "*.py"), ("analysis", "*.py"), ("tests", "*.py"), ("cmake", "*.cmake")]:
        yield from sorted((ROOT / folder).rglob(pattern))


def test_no_file_is_longer_than_the_limit():
    counts = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in own_files()}
    assert len(counts) > 40
    assert {name: count for name, count in counts.items() if count > MOST_LINES} == {}


def test_nothing_is_left_for_later():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in own_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if mark.search(line)
    ]
    assert wrong == []


# What opens a block that is no function, or that is within one.
NO_FUNCTION = re.compile(r"^(?:if|else|for|while|do|switch|try|catch|namespace|class|struct|enum|union|extern|requires)\b")
HOLDS_FUNCTIONS = re.compile(r"\b(?:namespace|class|struct|union|extern)\b[^()=]*$")


def cpp_functions(code):
    """(first line, lines) of every function of code without comments and strings: blocks that follow a list of parameters, where
    nothing but namespaces and classes is around them."""
    found, open_blocks, start, last = [], [], 0, ""
    for hit in re.finditer(r"[{};]", code):
        words = re.sub(r"(?m)^[ \t]*#.*$", "", code[start : hit.start()]).strip()
        start = hit.end()
        if hit.group() == "{":
            outside = all(kind == "holder" for kind, _ in open_blocks)
            holder = bool(HOLDS_FUNCTIONS.search(words)) or bool(re.search(r"\b(?:class|struct|namespace)\s+[\w:]+\s*(?:final\s*)?:[^:]", words))
            function = outside and not holder and "(" in words and not NO_FUNCTION.match(words)
            first = code.count("\n", 0, hit.start() - len(words)) + 1
            # A body after members that are initialised in braces.
            if outside and last == "function" and (not words or words.startswith(",")):
                function, first = True, found.pop()[0]
            open_blocks.append(("holder" if outside and holder else "function" if function else "block", first))
            last = ""
        elif hit.group() == "}" and open_blocks:
            last, first = open_blocks.pop()
            if last == "function":
                found.append((first, code.count("\n", 0, hit.start()) + 2 - first))
        else:
            last = ""
    return found


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def test_functions_are_measured():
    code = "namespace a {\nclass B : public C {\n  int f() const {\n    if (x) {\n    }\n  }\n};\nB::B(int x)\n    : x_{x}, y_{x} {\n}\nauto g = [] { return 1; };\n}\n"
    assert cpp_functions(code) == [(3, 4), (8, 3)]
    assert list(python_functions("def f():\n    return 1\n")) == [(1, 2)]


def test_no_function_is_longer_than_the_limit():
    measured, long = 0, []
    for path in own_files():
        if path.suffix in {".cmake", ".sh"}:
            continue
        functions = python_functions(path.read_text()) if path.suffix == ".py" else cpp_functions(code_of(path))
        for first, lines in functions:
            measured += 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                long.append(f"{path.relative_to(ROOT)}:{first}: {lines} lines")
    assert measured > 1500
    assert long == []
