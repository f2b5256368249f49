"""The shape of the program: who imports whom, what a start loads, and how large things are."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bstui"

ONLY_IN = {
    "boto3": ("delivery/",),
    "click": ("cli/",),
    "httpx": ("basespace/", "delivery/"),
    "pycurl": ("transfer/fetch.py",),
    "pydantic": ("config.py", "config_tables.py"),
    "pydantic_core": ("config.py",),
    "pydantic_settings": ("config.py",),
    "rich": ("tui/",),
    "sqlite3": ("history/",),
    "starlette": ("simulator/",),
    "subprocess": ("jobs/", "runs/metrics.py", "system.py", "cli/demo.py"),
    "textual": ("tui/",),
    "uvicorn": ("simulator/",),
}
"""A library → where it may be imported, beneath bstui/."""

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
MOST_FUNCTIONS = 30
"""Lines of nine functions in ten."""
EMPTY_NAMES = {"base", "common", "handler", "helpers", "manager", "misc", "utils"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[str]:
    """Top-level names of everything that a module imports, anywhere in it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def functions() -> Iterator[tuple[int, str]]:
    """Length in lines, and place, of every function."""
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield lines, f"{relative(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_imported_where_it_belongs(library: str) -> None:
    strangers = [
        relative(path)
        for path in modules()
        if library in imports(path) and not relative(path).startswith(ONLY_IN[library])
    ]
    assert not strangers


def test_files_are_short() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short() -> None:
    lengths = sorted(functions())
    assert [found for found in lengths if found[0] > LONGEST_FUNCTION] == []
    assert lengths[len(lengths) * 9 // 10][0] <= MOST_FUNCTIONS


def test_modules_have_names_and_say_why_they_exist() -> None:
    assert [relative(path) for path in modules() if path.stem in EMPTY_NAMES] == []
    assert [relative(path) for path in modules() if not ast.get_docstring(parsed(path))] == []


def test_nothing_is_left_for_later() -> None:
    unfinished = re.compile(r"#.*\b(TODO|FIXME|XXX)\b")  # sheets hold TODO for people
    assert [relative(path) for path in modules() if unfinished.search(path.read_text())] == []


def test_what_is_ignored_is_named_with_its_reason() -> None:
    bare = re.compile(r"# type: ignore(?!\[[\w, -]+\]  ?# \w)|except Exception:\s*pass|except:")
    found = [
        f"{relative(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert not found


def loaded(code: str) -> set[str]:
    """The modules in a new Python once it has run `code`."""
    report = "import sys; sys.stderr.write('LOADED ' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], []])
def test_the_first_words_cost_little(arguments: list[str]) -> None:
    """A command is often called for its help alone, on file systems where imports are slow."""
    code = f"from bstui.cli import run; run({arguments!r})" if arguments else "import bstui.cli"
    heavy = {"textual", "rich", "httpx", "pycurl", "pydantic", "sqlite3", "starlette", "asyncio"}
    assert loaded(code) & heavy == set()


DRAWING = {"textual"}  # httpx itself loads rich where it finds it
SERVING = {"starlette", "uvicorn"}


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("bstui.jobs.worker", DRAWING | SERVING | {"sqlite3"}),
        ("bstui.jobs.watch", DRAWING | SERVING | {"sqlite3"}),
        ("bstui.jobs.plan", DRAWING | SERVING | {"sqlite3", "pycurl"}),
        ("bstui.basespace.client", DRAWING | SERVING | {"sqlite3", "pycurl"}),
        ("bstui.transfer.engine", DRAWING | SERVING | {"sqlite3", "httpx"}),
        ("bstui.history", DRAWING | SERVING | {"httpx", "pycurl", "pydantic"}),
        ("bstui.tui.app", SERVING | {"httpx", "pycurl", "sqlite3"}),
        ("bstui.simulator.service", DRAWING | {"httpx", "pycurl", "pydantic", "sqlite3"}),
    ],
)
def test_a_layer_loads_none_of_those_above(module: str, never: set[str]) -> None:
    assert loaded(f"import {module}") & never == set()


def test_the_worker_loads_all_that_it_needs_at_start() -> None:
    """An upgrade beneath a running worker must not mix versions."""
    at_start = loaded("import bstui.jobs.worker")
    assert at_start >= {"bstui", "httpx", "pycurl", "msgspec"}
    late = [
        f"{relative(path)}: {ast.unparse(node)}"
        for path in modules()
        if "bstui." + relative(path).removesuffix(".py").replace("/", ".") in at_start
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and "certifi" not in ast.unparse(node)
    ]
    assert not late
