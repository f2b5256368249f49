"""The client's calls against a real server that answers as the recorded one did, or badly."""

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bstui.basespace.client import Client
from bstui.basespace.models import BiosampleDetail, ProjectCounts, Reference, Run
from bstui.basespace.pacing import Pace, Patience
from bstui.errors import (
    BstuiError,
    Gone,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    ServerFault,
    ServiceError,
    SettingsError,
    TooManyRequests,
    Unreachable,
)
from bstui.text import Secret
from tests.basespace.recorded import recorded
from tests.basespace.server import QUICK, TOKEN, Answer, Question, Reply, asking, serving

REFUSED = Reply({"ResponseStatus": {"ErrorCode": "X", "Message": "no"}}, 403)


def v1_list(*items: dict[str, Any]) -> Reply:
    return Reply({"Response": {"Items": items, "TotalCount": len(items), "Limit": 500}})


def v2_list(*items: dict[str, Any], limit: int = 500) -> Reply:
    return Reply({"Items": items, "Paging": {"TotalCount": len(items), "Limit": limit}})


def dataset(number: int, *biosamples: str, run: str = "7", project: str = "3") -> dict[str, Any]:
    return {
        "Id": f"ds.{number}",
        "Name": f"S_L00{number}",
        "TotalSize": 100,
        "Project": {"Id": project},
        "Properties": {
            "Items": [
                {"Name": "Input.Runs", "RunItems": [{"Id": run, "Name": "run"}]},
                {"Name": "Input.BioSamples", "BioSampleItems": [{"Id": b} for b in biosamples]},
            ]
        },
    }


def by_path(answers: dict[str, Reply]) -> Answer:
    return lambda question: answers.get(question.path, Reply(b"{}", 404))


async def test_the_clients_of_one_host_share_its_eight_places() -> None:
    async with asking(lambda _: v1_list()) as (first, server):
        other = Client(server.url, Secret(TOKEN), patience=QUICK)
        async with other:
            calls = (client.projects().all() for client in (first, other) for _ in range(10))
            await asyncio.gather(*calls)
    assert len(server.asked) == 20
    assert server.together <= 8


async def test_the_token_is_in_its_header_alone() -> None:
    async with asking(lambda _: v1_list()) as (client, server):
        assert await client.projects().all() == []
    [question] = server.asked
    assert question.headers["Authorization"] == f"Bearer {TOKEN}"
    assert question.headers["User-Agent"].startswith("bstui/")
    assert TOKEN not in str(question.query)


async def test_who_a_token_acts_for() -> None:
    answers = {
        "/v2/users/current": Reply({"Id": "1", "Name": "Anna"}),
        "/v1pre3/oauthv2/token/current": Reply(
            {"Response": {"AccessToken": TOKEN, "Scopes": ["BROWSE GLOBAL"]}}
        ),
        "/v1pre3/files/1/content": Reply(
            {"ResponseStatus": {"Message": "this requires READ access to this File"}}, 403
        ),
    }
    async with asking(by_path(answers)) as (client, _):
        identity = await client.identity()
        assert (identity.id, identity.scopes) == ("1", ("BROWSE GLOBAL",))
        assert not identity.may_read
        with pytest.raises(NotAllowed, match="only the scope BROWSE"):
            await client.content("1")


async def test_a_token_that_may_not_ask_for_its_scopes_has_unknown_ones() -> None:
    answers = {
        "/v2/users/current": Reply({"Id": "1", "Name": "Anna"}),
        "/v1pre3/oauthv2/token/current": REFUSED,
    }
    async with asking(by_path(answers)) as (client, _):
        assert (await client.identity()).scopes == ()


async def test_a_wrong_token() -> None:
    body = recorded("v1_error_401_bad_token")
    async with asking(lambda _: Reply(body, 401)) as (client, server):
        with pytest.raises(NotLoggedIn, match="another region"):
            await client.identity()
    assert len(server.asked) == 1


async def test_lists_ask_as_was_recorded() -> None:
    async with asking(lambda _: v2_list()) as (client, server):
        await client.biosamples("3").all()
        await client.datasets(biosample="5").all()
        await client.datasets(run=Run(id="7", v1_id="7", name="r"), project="3").all()
        await client.datasets(run=Run(id="r.7", name="r")).all()
        await client.dataset_files("ds.1").all()
        await client.run_files("r.7").all()
    biosamples, by_biosample, by_run, by_token, files, run_files = server.asked
    assert (biosamples.path, biosamples.query["projectid"]) == ("/v2/biosamples", "3")
    assert by_biosample.query["datasettypes"] == "~common.fastq"
    assert by_biosample.query["include"] == "properties"
    assert by_biosample.query["inputbiosamples"] == "5"
    assert "inputruns" not in by_biosample.query
    assert (by_run.query["inputruns"], by_run.query["projectid"]) == ("7", "3")
    assert by_token.query["inputruntokens"] == "r.7"
    assert (files.path, files.query["limit"]) == ("/v2/datasets/ds.1/files", "1000")
    assert run_files.path == "/v2/runs/r.7/files"
    assert run_files.query["recursive"] == "true"
    assert run_files.query["include"] == "TotalCount"


async def test_the_scope_of_datasets_is_looked_at_again() -> None:
    held = [
        dataset(1, "5"),
        dataset(2, "5", run="8"),
        dataset(3, "6"),
        dataset(4, "5", project="4"),
    ]
    async with asking(lambda _: v2_list(*held)) as (client, _):
        run = Run(id="7", v1_id="7", name="r")
        found = await client.datasets(biosample="5", project="3", run=run).all()
        everything = await client.datasets().all()
    assert [d.id for d in found] == ["ds.1"]
    assert len(everything) == 4


async def test_a_dataset_of_another_type_is_left_out() -> None:
    bam = dataset(1, "5") | {"DatasetType": {"Id": "illumina.bam", "ConformsToIds": []}}
    async with asking(lambda _: v2_list(bam, dataset(2, "5"))) as (client, _):
        listing = client.datasets(biosample="5")
        assert [d.id async for d in listing] == ["ds.2"]
        assert listing.missing == 0


@pytest.mark.parametrize("own_list", [v2_list(), Reply(b"{}", 404)])
async def test_biosamples_of_a_run_without_a_list_of_its_own(own_list: Reply) -> None:
    def answer(question: Question) -> Reply:
        if question.path.endswith("/items"):
            return own_list
        return v2_list(dataset(1, "5"), dataset(2, "5", "6"))

    async with asking(answer) as (client, _):
        listing = client.run_biosamples(Run(id="7", v1_id="7", name="r"))
        assert [b.id async for b in listing] == ["5", "6"]
        assert listing.total == 2


async def test_content_of_either_kind_of_file_id() -> None:
    meta = {"HrefContent": "https://s3.example/x?Signature=a", "Expires": "2025-05-28T08:00:47Z"}
    answers = {
        "/v1pre3/files/11/content": Reply({"Response": meta}),
        "/v2/files/r1_2/content": Reply(meta),
    }
    async with asking(by_path(answers)) as (client, server):
        for file_id in ("11", "r1_2"):
            address = await client.content(file_id)
            assert address.url == meta["HrefContent"]
            assert address.expires is not None
    assert all(question.query == {"redirect": "meta"} for question in server.asked)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "//s3.example/x", "x", "ftp://a/b"])
async def test_a_content_address_that_is_none_is_a_fault(address: str) -> None:
    async with asking(lambda _: Reply({"HrefContent": address})) as (client, _):
        with pytest.raises(ServerFault):
            await client.content("r1_2")


async def test_a_redirect_is_not_followed_and_takes_no_token_along() -> None:
    async with serving(lambda _: v1_list()) as elsewhere:
        moved = Reply(b"", 302, {"Location": f"{elsewhere.url}/login"})
        async with asking(lambda _: moved) as (client, _):
            with pytest.raises(ServerFault, match="another server"):
                await client.projects().all()
    assert elsewhere.asked == []


async def test_a_name_is_compared_exactly_whatever_the_filter_finds() -> None:
    projects = [{"Id": str(i), "Name": name} for i, name in enumerate(["S1", "S10", "s1", "S1 "])]
    async with asking(lambda _: v1_list(*projects)) as (client, server):
        assert [p.id for p in await client.find("project", "S1")] == ["0", "3"]
        assert await client.find("project", "S") == []
    assert [q.query.get("name") for q in server.asked] == ["S1", "S", None]


async def test_a_run_is_found_by_both_its_names() -> None:
    runs = [
        {"Id": "1", "Name": "250101_M0_0001_A", "ExperimentName": "Exome"},
        {"Id": "2", "Name": "250102_M0_0002_B", "ExperimentName": "Exome"},
    ]
    async with asking(lambda _: v2_list(*runs)) as (client, _):
        assert [r.id for r in await client.find("run", "Exome")] == ["1", "2"]
        assert [r.id for r in await client.find("run", "250102_M0_0002_B")] == ["2"]


async def test_a_biosamples_name_with_a_comma_is_no_list() -> None:
    items = [{"Id": "1", "BioSampleName": "a,b"}, {"Id": "2", "BioSampleName": "\x1b"}]
    async with asking(lambda _: v2_list(*items)) as (client, server):
        assert [b.id for b in await client.find("biosample", "a,b")] == ["1"]
        assert [b.id for b in await client.find("biosample", "\x1b")] == ["2"]
        with pytest.raises(NotFound):
            await client.find("dataset", "x")
    assert "biosamplename" not in server.asked[0].query


async def test_an_id_stays_one_segment_of_the_path() -> None:
    async with asking(lambda _: Reply(b"{}", 404)) as (client, server):
        with pytest.raises(Gone):
            await client.run("../users/current?x#y")
        for nonsense in ("", ".", ".."):
            with pytest.raises(NotFound):
                await client.run(nonsense)
    assert [q.path for q in server.asked] == ["/v2/runs/..%2Fusers%2Fcurrent%3Fx%23y"]


@pytest.mark.parametrize(
    "bad",
    [
        Reply(b"<title>Bad Gateway</title>", 502),
        Reply(b"", 429),
        Reply(b"<title>Welcome to the hotel</title>"),
        Reply(b'{"Items":[', 200),
        Reply(b'{"Items":[]}', cut=5),
        Reply({"Items": 7}),
        Reply(b"\xff"),
    ],
)
async def test_what_passes_is_asked_again(bad: Reply) -> None:
    replies = [bad, bad, v2_list({"Id": "1", "Name": "r"})]
    async with asking(lambda _: replies.pop(0)) as (client, _):
        assert [run.id async for run in client.runs()] == ["1"]


async def test_what_does_not_pass_is_said_after_the_tries() -> None:
    async with asking(lambda _: Reply(b"", 503)) as (client, server):
        with pytest.raises(ServerFault, match="503"):
            await client.runs().all()
    assert len(server.asked) == QUICK.tries


async def test_a_long_wait_is_the_callers() -> None:
    async with asking(lambda _: Reply(b"", 429, {"Retry-After": "3600"})) as (client, server):
        with pytest.raises(TooManyRequests) as caught:
            await client.runs().all()
    assert caught.value.retry_after == 3600
    assert len(server.asked) == 1


async def test_nobody_answers() -> None:
    async with serving(lambda _: v2_list()) as server:
        url = server.url
    async with Client(url, Secret(TOKEN), patience=QUICK) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await client.runs().all()


async def test_an_answer_that_trickles_is_not_waited_for_for_ever() -> None:
    async def never(_: Question) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with asking(never, Patience(answer=0.02, tries=2, first=0.001)) as (client, server):
        with pytest.raises(Unreachable, match="in time"):
            await client.runs().all()
    assert len(server.asked) == 2


async def test_no_proxy_stands_before_this_machine() -> None:
    os.environ["http_proxy"] = "http://name:word@proxy.invalid:1"
    async with asking(lambda _: v2_list()) as (client, _):
        assert await client.runs().all() == []


@pytest.mark.parametrize("proxy", ["socks5://name:word@proxy.invalid", "nonsense://name:word@x"])
def test_a_proxy_that_cannot_be_used_is_said_without_its_password(proxy: str) -> None:
    os.environ["ALL_PROXY"] = proxy
    with pytest.raises(SettingsError, match="ALL_PROXY") as caught:
        Client("https://api.invalid", Secret(TOKEN))
    assert "word" not in str(caught.value)


async def test_a_server_whose_name_is_unknown() -> None:
    async with Client("https://api.invalid", Secret(TOKEN), patience=QUICK) as client:
        with pytest.raises(Unreachable, match=r"api\.invalid"):
            await client.identity()


def test_a_bundle_that_holds_no_certificate(tmp_path: Path) -> None:
    bundle = tmp_path / "site.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
    with pytest.raises(SettingsError, match=r"site\.pem"):
        Client("https://api.invalid", Secret(TOKEN), ca_bundle=bundle)


async def test_no_more_questions_at_once_than_the_pace_allows() -> None:
    async def slowly(_: Question) -> Reply:
        await asyncio.sleep(0.01)
        return Reply({"Id": "1"})

    async with asking(slowly, pace=Pace(rate=0, together=3)) as (client, server):
        await asyncio.gather(*(client.run(str(i)) for i in range(12)))
    assert server.together == 3


async def test_cancelling_a_list_that_hangs_ends_it() -> None:
    reached = asyncio.Event()

    async def never(_: Question) -> Reply:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asking(never) as (client, server):
        task = asyncio.create_task(client.runs().all())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(server.asked) == 1


async def test_nothing_of_a_token_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [Reply({"Message": f"Bearer {TOKEN}"}, 500), Reply({"Id": "1"})]
    async with asking(lambda _: replies.pop(0)) as (client, _):
        await client.run("1")
    assert "HTTP 500" in caplog.text
    assert TOKEN not in caplog.text


class Cache:
    """A cache in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, float]] = {}

    def get(self, key: str) -> tuple[bytes, float] | None:
        return self.kept.get(key)

    def put(self, key: str, body: bytes) -> None:
        self.kept[key] = (body, time.time())


def detail(biosample: str, *datasets: int) -> BiosampleDetail:
    return BiosampleDetail(
        id=biosample,
        runs=(Reference(id="7", name="run"),),
        lanes=datasets,
        size=100 * len(datasets),
        datasets=len(datasets),
        project_ids=("3",),
    )


def account(question: Question) -> Reply | None:
    if question.path == "/v2/users/current":
        return Reply({"Id": "1", "Name": "Anna"})
    return REFUSED if "token" in question.path else None


async def test_details_of_rows_in_view_come_in_one_call() -> None:
    held = v2_list(dataset(1, "5"), dataset(2, "5"), dataset(3, "6"))
    async with asking(lambda _: held) as (client, server):
        found = await client.details(["5", "6", "9"])
    assert found == {"5": detail("5", 1, 2), "6": detail("6", 3), "9": BiosampleDetail(id="9")}
    assert [q.query["inputbiosamples"] for q in server.asked] == ["5,6,9"]


async def test_details_are_asked_singly_where_datasets_do_not_say_whose_they_are() -> None:
    def answer(question: Question) -> Reply:
        if "," in question.query["inputbiosamples"]:
            return v2_list(dataset(1), dataset(2))
        return v2_list(dataset(int(question.query["inputbiosamples"])))

    async with asking(answer) as (client, _):
        found = await client.details(["5", "6"])
    assert found == {"5": detail("5", 5), "6": detail("6", 6)}


async def test_details_are_kept_by_account_and_scope() -> None:
    cache = Cache()

    def answer(question: Question) -> Reply:
        return account(question) or v2_list(dataset(1, "5"))

    async with asking(answer, cache=cache) as (client, server):
        first = await client.biosample_detail("5")
        asked = len(server.asked)
        assert await client.biosample_detail("5") == first
        assert len(server.asked) == asked
        await client.details(["5"], project="3")
        await client.details(["5"], max_age=0)
        assert len(server.asked) == asked + 2
        cache.kept = {key: (b"{broken", at) for key, (_, at) in cache.kept.items()}
        assert await client.biosample_detail("5") == first
    assert len(cache.kept) == 2
    assert TOKEN not in str(cache.kept)


async def test_counts_of_a_project_cost_two_calls() -> None:
    def answer(question: Question) -> Reply:
        total = 24 if question.path == "/v2/biosamples" else 96
        return Reply({"Items": [{}], "Paging": {"TotalCount": total, "Limit": 1}})

    async with asking(answer) as (client, server):
        counts = await client.project_counts("3")
    assert counts == ProjectCounts(id="3", biosamples=24, datasets=96)
    assert len(server.asked) == 2


async def test_patience_is_as_given() -> None:
    async with asking(lambda _: Reply(b"", 500), Patience(tries=1)) as (client, server):
        with pytest.raises(ServerFault):
            await client.project("1")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("BASESPACE.COMMON.RESOURCE_REMOVED", Gone),
        ("BASESPACE.COMMON.INSUFFICIENT_RESOURCE_PERMISSIONS", NotAllowed),
        ("BASESPACE.COMMON.AUTHENTICATION_FAILURE", NotLoggedIn),
        ("SOMETHING.ELSE", ServiceError),
    ],
)
async def test_a_refusal_with_the_status_of_success_is_one(
    code: str, kind: type[BstuiError]
) -> None:
    """Also beside a list that would be read as an empty one."""
    status = {"ErrorCode": code, "Message": "The owner says no."}
    for body in ({}, {"Response": {"Items": [], "Limit": 10, "TotalCount": 0}}):
        refusal = Reply({**body, "ResponseStatus": status})
        async with asking(by_path({"/v1pre3/users/current/projects": refusal})) as (client, server):
            with pytest.raises(kind) as caught:
                await client.projects().all()
        assert "The owner says no." in str(caught.value)
        assert len(server.asked) == 1, "asking again helps nobody"


async def test_an_answer_that_cannot_be_read_names_the_field() -> None:
    async with asking(lambda _: v1_list({"Id": "1", "Name": ["x"]})) as (client, _):
        with pytest.raises(ServerFault, match=r"Items\[0\]\.Name"):
            await client.projects().all()
