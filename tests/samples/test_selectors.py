"""What a person may write to name a source."""

import contextlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bstui.basespace.addresses import Kind
from bstui.errors import UsageError
from bstui.samples.marks import Mark, RunMark, Scope, ScopeKind
from bstui.samples.selectors import (
    Selector,
    Source,
    parse_selector,
    parse_selectors,
    read_selectors,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("project:123", Selector(Source(Kind.PROJECT, "123", True))),
        ("project:Cohort 12", Selector(Source(Kind.PROJECT, "Cohort 12", False))),
        ("project:=123", Selector(Source(Kind.PROJECT, "123", False))),
        (" run: 260112_M1 ", Selector(Source(Kind.RUN, "260112_M1", False))),
        ("run:r.AbC_d-1", Selector(Source(Kind.RUN, "r.AbC_d-1", True))),
        ("dataset:ds.0a1b", Selector(Source(Kind.DATASET, "ds.0a1b", True))),
        ("biosample:S[/b]", Selector(Source(Kind.BIOSAMPLE, "S[/b]", False))),
        (
            "biosample:7@run:11",
            Selector(Source(Kind.BIOSAMPLE, "7", True), Source(Kind.RUN, "11", True)),
        ),
        (
            "biosample:a@b@project:=12",
            Selector(Source(Kind.BIOSAMPLE, "a@b", False), Source(Kind.PROJECT, "12", False)),
        ),
        (
            "biosample:a:b@run:c:d",
            Selector(Source(Kind.BIOSAMPLE, "a:b", False), Source(Kind.RUN, "c:d", False)),
        ),
        ("project:a@run:b", Selector(Source(Kind.PROJECT, "a@run:b", False))),
        (
            "https://basespace.illumina.com/run/105215111/Plate%201",
            Selector(Source(Kind.RUN, "105215111", True, "use1")),
        ),
        ("ds.0a1b", Selector(Source(Kind.DATASET, "ds.0a1b", True))),
    ],
)
def test_what_a_selector_means(text: str, expected: Selector) -> None:
    assert parse_selector(text) == expected
    assert str(parse_selector(str(expected))) == str(expected)


@pytest.mark.parametrize(
    "text",
    ["", "123", "project:", "run:=", "sample:1", "just words", "biosample:@run:1", "run :1"],
)
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selector(text)
    assert "project:X" in caught.value.hint


def test_a_file_is_nothing_to_import() -> None:
    with pytest.raises(UsageError, match="is a single file"):
        parse_selector("https://api.basespace.illumina.com/v2/files/11710715826")


def test_each_selector_counts_once() -> None:
    assert len(parse_selectors(["run:1", "run: 1", "run:2"])) == 2


def test_lines_of_a_file() -> None:
    lines = ["\ufeff# the cohort\n", "\n", "run:1\r\n", "  biosample:x@run:1\n", "run:1\n"]
    assert [str(selector) for selector in read_selectors(lines, "cohort.txt")] == [
        "run:1",
        "biosample:x@run:1",
    ]


def test_a_bad_line_is_named() -> None:
    with pytest.raises(UsageError, match=r"cohort\.txt, line 3: 'what' names no source"):
        read_selectors(["run:1\n", "\n", "what\n"], "cohort.txt")


@pytest.mark.parametrize(
    "mark",
    [
        Mark("7", "x"),
        Mark("7", "x", Scope(ScopeKind.RUN, "r.ab", "R")),
        Mark("7", "x", Scope(ScopeKind.PROJECT, "5", "P")),
        RunMark("11", "R"),
    ],
)
def test_a_mark_says_itself_as_a_selector(mark: Mark | RunMark) -> None:
    assert str(parse_selector(mark.selector)) == mark.selector


@given(st.text())
def test_any_text_is_a_selector_or_a_sentence(text: str) -> None:
    with contextlib.suppress(UsageError):
        selector = parse_selector(text)
        assert parse_selector(str(selector)) == selector


@given(st.sampled_from(["project", "run", "biosample"]), st.text(min_size=1))
def test_any_name_can_be_forced(kind: str, name: str) -> None:
    assume(name.strip())
    source = Source(Kind(kind), name.strip(), False)
    assume("@run:" not in name and "@project:" not in name)
    assert parse_selector(f"{kind}:={name}").source == source
    assert parse_selector(str(source)).source == source
