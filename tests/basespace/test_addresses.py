"""Pasted addresses and ids."""

import pytest

from bstui.basespace.addresses import Address, Kind, is_id, recognise
from bstui.errors import UsageError

WEB = "https://basespace.illumina.com"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (f"{WEB}/run/105215111/Myeloid_RNA", Address(Kind.RUN, "105215111", "use1")),
        (f"{WEB}/Run/105215111", Address(Kind.RUN, "105215111", "use1")),
        (f"{WEB}/runs/r.Ab-1_x/details", Address(Kind.RUN, "r.Ab-1_x", "use1")),
        (f"{WEB}/project/86591915/run/", Address(Kind.PROJECT, "86591915", "use1")),
        (f"{WEB}/projects/86591915/about", Address(Kind.PROJECT, "86591915", "use1")),
        (f"{WEB}/projects/1/biosamples/22?a=b", Address(Kind.BIOSAMPLE, "22", "use1")),
        (f"  {WEB}/biosamples/104555093  ", Address(Kind.BIOSAMPLE, "104555093", "use1")),
        (f"{WEB}/datasets/ds.ac82a3", Address(Kind.DATASET, "ds.ac82a3", "use1")),
        ("https://lab.cac1.sh.basespace.illumina.com/run/7", Address(Kind.RUN, "7", "cac1")),
        ("http://127.0.0.1:8080/run/7/x", Address(Kind.RUN, "7", "other")),
        ("https://api.basespace.illumina.com/v2/files/r1_2", Address(Kind.FILE, "r1_2", "use1")),
        ("basespace.illumina.com/run/7/x", Address(Kind.RUN, "7", "use1")),
        ("lab.euc1.sh.basespace.illumina.com/runs/7?t=1#a", Address(Kind.RUN, "7", "euc1")),
        ("https://xyz9.sh.basespace.illumina.com/run/7", Address(Kind.RUN, "7", "other")),
        (f"{WEB}/#/run/99", Address(Kind.RUN, "99", "use1")),
        ("r12_34", Address(Kind.FILE, "r12_34")),
        ("v1pre3/projects/86591915", Address(Kind.PROJECT, "86591915")),
        (
            "ds.ac82a306af3847f2b53ecb695bc22400",
            Address(Kind.DATASET, "ds.ac82a306af3847f2b53ecb695bc22400"),
        ),
        ("r.AbCd", Address(Kind.RUN, "r.AbCd")),
    ],
)
def test_what_is_recognised(text: str, address: Address) -> None:
    assert recognise(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "86591915",
        "run:7",
        "S1",
        "https://",
        "https://[",
        f"{WEB}/home",
        f"{WEB}/run/../x",
        "ds.",
    ],
)
def test_what_is_not(text: str) -> None:
    assert recognise(text) is None


@pytest.mark.parametrize("path", ["s/AbCdEf123456", "analyses/1234", "sample/12", "library/8"])
def test_an_address_of_something_else_says_what_to_do(path: str) -> None:
    with pytest.raises(UsageError) as caught:
        recognise(f"{WEB}/{path}")
    assert caught.value.hint
    with pytest.raises(UsageError):
        recognise(f"https://xyz9.sh.basespace.illumina.com/{path}")


def test_ids() -> None:
    assert all(map(is_id, ["1", "ds.0a", "r.Zz_-9"]))
    assert not any(map(is_id, ["", "S1", "1a", "ds.", "r.", "../1"]))
