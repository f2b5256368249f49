"""Names become ids, or a sentence says why not."""

from collections.abc import Sequence

import pytest

from bstui.basespace.client import Client
from bstui.errors import AmbiguousName, NotFound, UsageError
from bstui.samples.marks import ScopeKind
from bstui.samples.selection import Selection, resolve
from bstui.samples.selectors import parse_selectors
from bstui.text import Secret
from tests.basespace.server import Answer, Question, Reply, asking

Json = dict[str, object]
ADA, BEN = ({"Id": "17", "Name": "Ada"}, {"Id": "18", "Name": "Ben"})
PROJECTS: list[Json] = [
    {"Id": "1", "Name": "Twice", "UserOwnedBy": ADA, "DateCreated": "2026-01-12T09:30:00.0000000Z"},
    {"Id": "2", "Name": "Twice", "UserOwnedBy": BEN},
    {"Id": "3", "Name": "1", "UserOwnedBy": ADA},
]
RUNS: list[Json] = [
    {"Id": "r.aa", "V1Pre3Id": "11", "Name": "260112_M1", "ExperimentName": "Plate"},
    {"Id": "12", "Name": "260113_M1", "ExperimentName": "Plate"},
]
BIOSAMPLES: list[Json] = [
    {"Id": str(number), "BioSampleName": "Heart", "DefaultProject": PROJECTS[number - 21]}
    for number in (21, 22)
]
BIOSAMPLES += [{"Id": str(number), "BioSampleName": "Many"} for number in range(100, 130)]


def answer(question: Question) -> Reply:
    query = {key.lower(): value for key, value in question.query.items()}
    match question.path.strip("/").split("/"):
        case ["v1pre3", "users", "current", "projects"]:
            shown = _page(PROJECTS, query)
            return Reply({"Response": shown | {"TotalCount": len(PROJECTS), "Limit": 500}})
        case ["v1pre3", "projects", number]:
            return Reply({"Response": PROJECTS[int(number) - 1]})
        case ["v2", "runs"]:
            return Reply(_paged(RUNS, query))
        case ["v2", "runs", run]:
            return Reply(next(item for item in RUNS if item["Id"] == run))
        case ["v2", "runs", "r.aa", *_]:
            return Reply(_paged([{"Id": "22", "BioSample": BIOSAMPLES[1]}], query))
        case ["v2", "biosamples"]:
            project = query.get("projectid")
            held = [b for b in BIOSAMPLES if not project or BIOSAMPLES.index(b) + 1 == int(project)]
            return Reply(_paged(held, query))
        case ["v2", "biosamples", biosample]:
            return Reply(next(item for item in BIOSAMPLES if item["Id"] == biosample))
        case ["v2", "datasets"]:
            return Reply(_paged([], query))
        case _:
            return Reply({}, 404)


def _page(items: Sequence[Json], query: dict[str, str]) -> Json:
    offset = int(query.get("offset", 0))
    return {"Items": list(items[offset : offset + 500])}


def _paged(items: Sequence[Json], query: dict[str, str]) -> Json:
    return _page(items, query) | {"Paging": {"TotalCount": len(items), "Limit": 500}}


async def select(*texts: str, bcl: bool = False, service: Answer = answer) -> Selection:
    async with asking(service) as (client, _):
        return await resolve(client, parse_selectors(texts), bcl)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("project:Twice", ["1 (Twice, of Ada, made 2026-01-12T09:30:00Z)", "2 (Twice, of Ben)"]),
        ("run:Plate", ["r.aa (260112_M1)", "12 (260113_M1)"]),
        ("biosample:Heart", ["21 (Heart, in Twice)", "22 (Heart, in Twice)"]),
        ("biosample:Many", ["119 (Many); and 10 more"]),
    ],
)
async def test_a_name_that_several_have_lists_them(text: str, told: list[str]) -> None:
    with pytest.raises(AmbiguousName) as caught:
        await select(text)
    assert all(part in caught.value.message for part in told)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "biosample"),
    [("biosample:Heart@project:2", "22"), ("biosample:Heart@run:260112_M1", "22")],
)
async def test_the_scope_tells_them_apart(text: str, biosample: str) -> None:
    (mark,) = (await select(text)).biosamples
    assert mark.id == biosample


@pytest.mark.parametrize("text", ["project:twice", "run:260112_", "biosample:Heart-1", "run:=12"])
async def test_names_are_exact(text: str) -> None:
    with pytest.raises(NotFound) as caught:
        await select(text)
    assert "lists" in caught.value.hint


async def test_a_name_of_digits_is_forced() -> None:
    assert (await select("project:1")).title == "Twice"
    assert (await select("project:=1")).sources == ("project:3",)


async def test_a_run_marks_its_biosamples_within_it() -> None:
    selection = await select("run:260112_M1")
    (mark,) = selection.biosamples
    assert (mark.scope.kind, mark.scope.id, mark.scope.name) == (ScopeKind.RUN, "r.aa", "Plate")
    assert selection.sources == ("run:r.aa",)
    assert (await select("run:r.aa", "run:260112_M1")).sources == ("run:r.aa",)


async def test_a_run_as_raw_bcl() -> None:
    selection = await select("run:260112_M1", "run:r.aa", bcl=True)
    assert selection.run is not None
    assert selection.run.id == "r.aa"
    assert selection.first_source == "260112_M1"


async def test_an_address_of_another_region_is_refused() -> None:
    async with Client("https://api.euc1.sh.basespace.illumina.com", Secret("x")) as client:
        with pytest.raises(UsageError, match="of region use1, and this profile is of euc1"):
            await resolve(
                client, parse_selectors(["https://basespace.illumina.com/run/105215111/x"]), False
            )


async def test_names_in_many_lines_are_looked_up_once() -> None:
    async with asking(answer) as (client, server):
        lines = [f"biosample:{name}@run:260112_M1" for name in ("Heart", "22", "Heart")]
        selection = await resolve(client, parse_selectors(lines), False)
    assert len(selection.marks) == 1
    assert sum(question.path == "/v2/runs" for question in server.asked) == 1
