"""Patterns of paths: as in `.gitignore` and rclone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.errors import UsageError
from bstui.runs.patterns import Pattern

CALLS = "Data/Intensities/BaseCalls/L001/C12.1/L001_1.cbcl"


@pytest.mark.parametrize(
    ("text", "path", "matches"),
    [
        ("*", CALLS, True),
        ("*.cbcl", CALLS, True),
        ("/*.cbcl", CALLS, False),
        ("L001", CALLS, True),
        ("L001/", CALLS, True),
        ("L001_1.cbcl/", CALLS, False),
        ("L00", CALLS, False),
        ("L00?", CALLS, True),
        ("Data", CALLS, True),
        ("/Data/", CALLS, True),
        ("BaseCalls/L001", CALLS, False),
        ("**/BaseCalls/L001", CALLS, True),
        ("Data/*/BaseCalls", CALLS, True),
        ("Data/*/L001", CALLS, False),
        ("Data/**/L001", CALLS, True),
        ("Data/**/Data", CALLS, False),
        ("Data/**", CALLS, True),
        ("Data/**", "Data", False),
        ("**", CALLS, True),
        ("a/**/b", "a/b", True),
        ("C{1,12}.1", CALLS, True),
        ("C{1,2}.1", CALLS, False),
        ("L00[12]", CALLS, True),
        ("L00[!12]", CALLS, False),
        ("L00[^2-4]", CALLS, True),
        ("*.CBCL", CALLS, False),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("a,b", "a,b", True),
        ("a}b", "a}b", True),
        ("[]]", "]", True),
        ("a[", "a[", True),
        ("a[!b]c", "a/c", False),
        ("a.b", "axb", False),
        ("InterOp/", "/InterOp/x.bin", True),
    ],
)
def test_patterns(text: str, path: str, matches: bool) -> None:
    assert Pattern(text).matches(path) is matches


@pytest.mark.parametrize("text", ["", "/", "//", "{a", "[z-a]", "x" * 2000])
def test_what_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        Pattern(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_pattern_or_is_refused(text: str, path: str) -> None:
    try:
        pattern = Pattern(text)
    except UsageError:
        return
    assert pattern.matches(path) in (True, False)


@given(st.from_regex(re.compile(r"[A-Za-z0-9_.]+(/[A-Za-z0-9_.]+){0,4}"), fullmatch=True))
def test_a_plain_path_matches_itself_and_what_is_in_it(path: str) -> None:
    assert Pattern(f"/{path}").matches(path)
    assert Pattern(f"/{path}/").matches(f"{path}/x")
    assert not Pattern(f"/{path}").matches(f"{path}x")
    assert Pattern(path.rpartition("/")[2]).matches(path)
