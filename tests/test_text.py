"""No text of a server harms a terminal, a log or a folder; no secret prints itself."""

import copy
import pickle
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bstui.text import Secret, collision_key, original_name, redact, safe_name, safe_text

TOKEN = "0123456789abcdef" * 2


def test_a_secret_never_prints() -> None:
    secret = Secret("hush")
    assert [str(secret), repr(secret), f"{secret}", f"{secret:>9}", f"{[secret]}"] == [
        "***",
        "***",
        "***",
        "***",
        "[***]",
    ]
    assert secret.reveal() == "hush"
    assert not hasattr(secret, "__dict__")


def test_secrets_compare_and_are_not_pickled() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    for save in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            save(Secret("a"))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain", "plain"),
        ("S[/b]", "S[/b]"),
        ("Zürich 日本", "Zürich 日本"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\x9b31m", "a\\x9b31m"),
        ("two\nlines\t", "two\\x0alines\\x09"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("no\u00a0break", "no\\xa0break"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\ud800", "\\ud800"),
    ],
)
def test_safe_text(text: str, safe: str) -> None:
    assert safe_text(text) == safe


def test_safe_text_is_cut() -> None:
    assert safe_text("abcdef", limit=6) == "abcdef"
    assert safe_text("abcdefg", limit=6) == "abcde…"


@given(st.text())
def test_safe_text_is_one_printable_line(text: str) -> None:
    safe = safe_text(text)
    assert safe.isprintable()
    safe.encode()
    assert safe_text(safe) == safe


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NA12878_S1_L001_R1_001.fastq.gz", "NA12878_S1_L001_R1_001.fastq.gz"),
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("", "%"),
        (".", "%2E"),
        ("..", ".%2E"),
        ("%", "%25"),
        ("-rf", "%2Drf"),
        ("~", "%7E"),
        (" lead and trail ", "%20lead and trail%20"),
        ("dot.", "dot%2E"),
        ("50%", "50%"),
        ("%2F", "%252F"),
        ("nul\0esc\x1b", "nul%00esc%1B"),
        ("$(rm) 'x'", "$(rm) 'x'"),
        ("日本", "日本"),
    ],
)
def test_safe_names(text: str, name: str) -> None:
    assert safe_name(text) == name
    assert original_name(name) == text


@given(st.text(max_size=60))
@example("%")
@example("%%41")
@example(" ")
@example("\ud83d")
def test_a_safe_name_is_a_component_that_tells_its_original(text: str) -> None:
    name = safe_name(text)
    assert name not in ("", ".", "..")
    assert "/" not in name
    assert "\0" not in name
    assert name.isprintable()
    assert name[0] not in "-~ "
    assert len(name.encode()) <= 255
    if "~" not in name[-11:]:
        assert original_name(name) == text


@given(st.text(min_size=80, max_size=400))
def test_a_long_name_is_cut_and_stays_its_own(text: str) -> None:
    name = safe_name(text)
    assert len(name.encode()) <= 255
    assert name.isprintable()
    assert safe_name(text) == name


def test_long_names_that_differ_at_the_end_stay_apart() -> None:
    names = {safe_name("日" * 100 + ending) for ending in ("a", "b", "c")}
    assert len(names) == 3
    assert all(len(name.encode()) <= 255 for name in names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sample", "sample"),
        ("straße", "STRASSE"),
        (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
        ("ﬁle", "file"),
    ],
)
def test_names_that_a_file_system_takes_for_one(one: str, other: str) -> None:
    assert collision_key(one) == collision_key(other)


def test_other_names_are_apart() -> None:
    assert collision_key("a/b") != collision_key("a/c")


@pytest.mark.parametrize(
    "text",
    [
        f"x-access-token: {TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"?access_token={TOKEN}&a=b",
        f"GET https://store/x?Signature={TOKEN}&Expires=1",
        "GET https://store/x?Signature=hush%2Fhush HTTP/1.1",
        "X-Amz-Signature=hush",
        "bearer hush",
        'access_token="hush"',
        '{"access_token": "hush", "x": 1}',
        f"found {TOKEN.upper()}",
    ],
)
def test_redact(text: str) -> None:
    left = redact(text)
    assert TOKEN not in left.lower()
    assert "hush" not in left
    assert "***" in left


def test_redact_leaves_the_rest() -> None:
    text = f"https://store/x/y.fastq.gz 206 in 3 s, md5 half 0123456789abcdef, ds.{TOKEN}"
    assert redact(text) == text


def test_redact_keeps_digests_where_no_token_can_be() -> None:
    text = f"the server says {TOKEN}, the disk {TOKEN[::-1]}"
    assert redact(text, keep_digests=True) == text
    assert TOKEN not in redact(text)
