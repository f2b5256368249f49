"""No answer, however broken, gives a traceback, a hang, or a short list in silence."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bstui.basespace.client import Client
from bstui.basespace.models import Run
from bstui.basespace.pacing import Patience
from bstui.basespace.run_access import look_at_run
from bstui.errors import BstuiError
from bstui.text import Secret
from bstui.units import size_text
from tests.basespace.server import TOKEN, Question, Reply, Server, serving

ONCE = Patience(tries=1, answer=5.0)
RUN = Run(id="7", v1_id="7", name="R", status="Complete")
LONGEST = 20.0
"""Seconds in which every call must have ended."""

USER = {"Id": "1", "Name": "Anna", "IsWorkgroup": False, "LoggedInUser": {"Name": "A"}}
PROJECT = {"Id": "3", "Name": "P", "UserOwnedBy": USER, "TotalSize": 5, "DateCreated": "2018-07-19"}
BIOSAMPLE = {"Id": "4", "BioSampleName": "B", "DefaultProject": PROJECT, "UserOwnedBy": USER}
RUN_BODY = {"Id": "7", "V1Pre3Id": "7", "Name": "R", "Status": "Complete", "TotalSize": 9}
FILE = {"Id": "11", "Name": "a.gz", "Path": "a.gz", "Size": 4, "ETag": '"ab"', "HrefContent": "x"}
LIBRARY = {"Id": "5", "Name": "L", "BioSample": BIOSAMPLE}
DATASET = {
    "TotalSize": 7,
    "DateCreated": "2018-07-19T23:50:10.0000000Z",
    "Id": "ds.1",
    "Name": "B_L001",
    "Project": PROJECT,
    "Attributes": {"common_fastq": {"MaxLengthRead1": 151, "IsPairedEnd": False}},
    "DatasetType": {"Id": "illumina.fastq.v1.8", "ConformsToIds": ["common.fastq"]},
    "Properties": {
        "Items": [
            {"Name": "Input.Runs", "RunItems": [RUN_BODY]},
            {
                "Name": "Input.Libraries",
                "SampleLibraryItems": [{"Id": "5", "BioSample": BIOSAMPLE}],
            },
            {
                "Name": "BaseSpace.Metrics.FastQ",
                "ContentMap": [{"Key": "LaneNumber", "Values": ["1"]}],
            },
        ]
    },
}
LANE = {"LaneNumber": 1, "BioSampleName": "B", "ProjectName": "P", "BioSample": BIOSAMPLE}
CONTENT = {"HrefContent": "https://store.invalid/1?Signature=x", "Expires": "2030-01-01T00:00:00Z"}
ERROR = {"ResponseStatus": {"ErrorCode": "X", "Message": "no"}, "Notifications": []}


def v1(body: Any) -> Any:
    return {"Response": body, "ResponseStatus": {}, "Notifications": []}


def v2_list(item: Any) -> Any:
    paging = {"DisplayedCount": 1, "TotalCount": 1, "Offset": 0, "Limit": 1000}
    return {"Items": [item], "Paging": paging}


def v1_list(item: Any) -> Any:
    return v1({"Items": [item], "DisplayedCount": 1, "TotalCount": 1, "Limit": 1000})


CALLS: dict[str, tuple[Any, Callable[[Client], Awaitable[object]]]] = {
    "identity": (USER, lambda c: c.identity()),
    "projects": (v1_list(PROJECT), lambda c: c.projects().all()),
    "project": (v1(PROJECT), lambda c: c.project("3")),
    "runs": (v2_list(RUN_BODY), lambda c: c.runs().all()),
    "run": (RUN_BODY, lambda c: c.run("7")),
    "biosamples": (v2_list(BIOSAMPLE), lambda c: c.biosamples("3").all()),
    "biosample": (BIOSAMPLE, lambda c: c.biosample("4")),
    "run biosamples": (v2_list(BIOSAMPLE), lambda c: c.run_biosamples(RUN).all()),
    "lanes": (v2_list(LANE), lambda c: c.lane_biosamples(RUN)),
    "run access": (v2_list(DATASET), lambda c: look_at_run(c, RUN)),
    "datasets": (v2_list(DATASET), lambda c: c.datasets(project="3").all()),
    "dataset": (DATASET, lambda c: c.dataset("ds.1")),
    "details": (v2_list(DATASET), lambda c: c.details(["4", "5"])),
    "counts": (v2_list(DATASET), lambda c: c.project_counts("3")),
    "run files": (v2_list(FILE), lambda c: c.run_files("7").all()),
    "dataset files": (v2_list(FILE), lambda c: c.dataset_files("ds.1").all()),
    "addresses": (v2_list(FILE), lambda c: c.address_book("7").find("11", 1)),
    "file": (v1(FILE), lambda c: c.file("11")),
    "content": (v1(CONTENT), lambda c: c.content("11")),
    "found": (v1_list(PROJECT), lambda c: c.find_projects("P")),
}

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [2**63, -(2**63) - 1, 10**30, 10**400, 1e308, -1, 0, "", "\x00", "\ud800", "../..", "NaN"]
    ),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.just([]),
    st.just({}),
    st.just([[[]]]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(["Id", "Items", "Name", "x"]), st.integers(), max_size=3),
)


def places_in(body: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every node of a body is."""
    yield at
    if isinstance(body, dict | list):
        for key, child in body.items() if isinstance(body, dict) else enumerate(body):
            yield from places_in(child, (*at, key))


def with_odd(body: Any, place: tuple[Any, ...], change: Any) -> Any:
    """The body with another node in one place; without it where `change` is `...`."""
    if not place:
        return None if change is ... else change
    copy = dict(body) if isinstance(body, dict) else list(body)
    if len(place) == 1 and change is ...:
        del copy[place[0]]
    else:
        copy[place[0]] = with_odd(copy[place[0]], place[1:], change)
    return copy


@st.composite
def broken(draw: st.DrawFn, body: Any) -> Reply:
    """A reply that is nearly right: nodes changed or gone, cut off, of another status."""
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from(list(places_in(body))))
        body = with_odd(body, place, draw(st.one_of(st.just(...), odd)))
    text = json.dumps(body).encode()
    cut = draw(st.one_of(st.none(), st.none(), st.integers(0, len(text))))
    text = text[:cut]
    if draw(st.integers(0, 9)) == 0:
        text = draw(
            st.sampled_from(
                [
                    b"",
                    b"<html><title>Hm</title>",
                    b"\xff\xfe",
                    b"[" * 5000,
                    b"{",
                    b'{"Zz":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
                    text[:-1] + b',"Zz":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
                ]
            )
        )
    statuses = [200] * 8 + [204, 302, 400, 401, 403, 404, 409, 410, 418, 429, 500, 503]
    headers = draw(
        st.sampled_from(
            [
                {},
                {"Content-Encoding": "gzip"},
                {"Content-Encoding": "gzip, gzip"},
                {"Content-Encoding": "br"},
                {"Retry-After": "never"},
                {"Location": "https://elsewhere.invalid/"},
                {"Content-Type": "text/html; charset=nonsense"},
            ]
        )
    )
    return Reply(text, draw(st.sampled_from(statuses)), headers)


class Bench:
    """A loop, a client, and a server that answers what it is told."""

    def __init__(self, runner: asyncio.Runner, client: Client) -> None:
        self._runner = runner
        self._client = client
        self.reply = Reply()

    def call(self, ask: Callable[[Client], Awaitable[object]]) -> object:
        """What a call gives, or the error of ours that it raises; anything else goes through."""

        async def within() -> object:
            async with asyncio.timeout(LONGEST):
                try:
                    return await ask(self._client)
                except BstuiError as error:
                    return error

        said = self._runner.run(within())
        if isinstance(said, BstuiError):
            assert str(said)
            assert TOKEN not in str(said) + said.details
        return said


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    replies: list[Bench] = []

    def answer(question: Question) -> Reply:
        return replies[0].reply

    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Client, Server]]:
        async with (
            serving(answer) as server,
            Client(server.url, Secret(TOKEN), patience=ONCE) as client,
        ):
            yield client, server

    with asyncio.Runner() as runner:
        opening = opened()
        client, _ = runner.run(opening.__aenter__())
        replies.append(Bench(runner, client))
        yield replies[0]
        runner.run(opening.__aexit__(None, None, None))


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_broken_answer_is_an_answer_or_an_error_of_ours(
    bench: Bench, name: str, data: st.DataObject
) -> None:
    body, ask = CALLS[name]
    bench.reply = data.draw(broken(body))
    for thing in flat(bench.call(ask)):
        assert getattr(thing, "id", "an id") or name == "lanes", "a lane may name a biosample only"
        assert size_text(getattr(thing, "size", None))


def flat(said: object) -> list[object]:
    return list(said) if isinstance(said, list | tuple) else [said]


@pytest.mark.parametrize("name", CALLS)
def test_the_whole_answer_is_understood(bench: Bench, name: str) -> None:
    """So that the test above breaks something that was right."""
    body, ask = CALLS[name]
    bench.reply = Reply(body)
    assert not isinstance(bench.call(ask), BstuiError)
