"""Where the service is not known, every variant can be had, and answers as its name says."""

import time
from collections.abc import Iterator

import httpx
import pytest

from bstui.simulator.open_points import POINTS, Choices, points_table
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.lab import SMALL, TOKENS
from tests.simulator.asking import address_of, asking, fetch, file_named

NAME = "Kidney-2_S1_L001_R1_001.fastq.gz"


@pytest.fixture
def api(simulator: Simulator) -> Iterator[httpx.Client]:
    with asking(simulator.regions[0]) as client:
        yield client


def choose(simulator: Simulator, name: str, variant: str) -> None:
    simulator.choices.choose({name: variant})


def run_named(api: httpx.Client, experiment: str) -> dict[str, str]:
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    found: dict[str, str] = next(run for run in runs if run["ExperimentName"] == experiment)
    return found


def test_unknown_points_and_variants_are_refused() -> None:
    choices = Choices()
    with pytest.raises(ValueError, match="no point is called colour"):
        choices.choose({"colour": "red"})
    with pytest.raises(ValueError, match="is one of: 401, 403"):
        choices.choose({"bad-token": "500"})
    assert choices.all() == {point.name: point.variants[0] for point in POINTS}


def test_points_are_listed_for_people() -> None:
    table = points_table()
    assert len(table.splitlines()) == len(POINTS)
    assert "by-region | v2 | v4" in table


def test_points_are_chosen_over_http(simulator: Simulator, api: httpx.Client) -> None:
    answer = api.post(f"{simulator.control_url}/points", json={"bad-token": "403"}).json()
    assert {row["name"]: row["chosen"] for row in answer}["bad-token"] == "403"
    assert simulator.choices["bad-token"] == "403"
    assert api.post(f"{simulator.control_url}/points", json={"bad-token": "5"}).status_code == 400
    assert len(api.get(f"{simulator.control_url}/points").json()) == len(POINTS)


def test_points_are_chosen_at_the_start() -> None:
    options = SimulatorOptions(deep=SMALL, unsure={"workgroup-list": "refused"})
    with Simulator(options) as running, asking(running.regions[0]) as client:
        assert client.get("/v2/users/current/workgroups").status_code == 403


@pytest.mark.parametrize(("variant", "status"), [("free", 200), ("needed", 401)])
def test_meta_token(simulator: Simulator, variant: str, status: int) -> None:
    choose(simulator, "meta-token", variant)
    assert httpx.get(f"{simulator.regions[0].api_url}/v1pre3/meta").status_code == status


@pytest.mark.parametrize(("variant", "limit"), [("clamp", 1024), ("refuse", None), ("obey", 5000)])
def test_limit_above_maximum(
    simulator: Simulator, api: httpx.Client, variant: str, limit: int | None
) -> None:
    choose(simulator, "limit-above-maximum", variant)
    answer = api.get("/v2/biosamples?limit=5000")
    assert answer.status_code == (200 if limit else 400)
    assert limit is None or answer.json()["Paging"]["Limit"] == limit


@pytest.mark.parametrize(
    ("variant", "status"), [("refuse", 400), ("refuse-bare", 400), ("ignore", 200)]
)
def test_bad_parameter(simulator: Simulator, api: httpx.Client, variant: str, status: int) -> None:
    choose(simulator, "bad-parameter", variant)
    answer = api.get("/v2/runs?limit=many")
    assert (answer.status_code, answer.content == b"") == (status, variant == "refuse-bare")


@pytest.mark.parametrize(
    ("variant", "statuses", "after"),
    [("none", {200}, set()), ("retry-after", {200, 429}, {"1"}), ("bare", {200, 429}, set())],
)
def test_rate_limit(
    simulator: Simulator, api: httpx.Client, variant: str, statuses: set[int], after: set[str]
) -> None:
    choose(simulator, "rate-limit", variant)
    limit = time.monotonic() + 30
    seen: set[int] = set()
    told: set[str] = set()
    count = 0
    while (count < 60 or seen != statuses) and time.monotonic() < limit:
        answers = [api.get("/v1pre3/meta") for _ in range(30)]
        seen |= {answer.status_code for answer in answers}
        told |= {a.headers["retry-after"] for a in answers if "retry-after" in a.headers}
        count += len(answers)
    assert (seen, told) == (statuses, after)


@pytest.mark.parametrize(
    ("variant", "others"), [("unknown", (0, 0)), ("minus", (10, 0)), ("bang", (0, 10))]
)
def test_excluded_type(
    simulator: Simulator, api: httpx.Client, variant: str, others: tuple[int, int]
) -> None:
    choose(simulator, "excluded-type", variant)

    def count(kind: str) -> int:
        return len(api.get("/v2/datasets", params={"datasettypes": kind}).json()["Items"])

    assert (count("-common.fastq"), count("!common.fastq")) == (0, 0)
    assert (count("-common.bam"), count("!common.bam")) == others


@pytest.mark.parametrize(("variant", "status"), [("unknown", 404), ("answered", 200)])
def test_lane_index_summary(
    simulator: Simulator, api: httpx.Client, variant: str, status: int
) -> None:
    choose(simulator, "lane-index-summary", variant)
    run = run_named(api, "Cardiac panel plate 1")["Id"]
    answer = api.get(f"/v2/runs/{run}/laneindexsummary")
    assert answer.status_code == status
    if status == 200:
        (lane,) = answer.json()["Items"]
        summary = lane["IndexingSummary"]
        claimed = sum(row["Count"] for row in lane["IndexingCounts"])
        assert 0 < claimed < summary["TotalPFReads"] < summary["TotalReads"]
        assert summary["TotalFractionMappedReads"] == pytest.approx(
            claimed / summary["TotalPFReads"]
        )


@pytest.mark.parametrize("variant", ["401", "403"])
def test_bad_token(simulator: Simulator, variant: str) -> None:
    choose(simulator, "bad-token", variant)
    with asking(simulator.regions[0], "f" * 32) as client:
        assert client.get("/v2/runs").status_code == int(variant)


@pytest.mark.parametrize(
    ("variant", "keys"),
    [
        ("response-status", {"ResponseStatus", "Notifications"}),
        ("error-message", {"ErrorCode", "ErrorMessage", "RequestId"}),
        ("message", {"Message"}),
        ("message-formatted", {"ErrorCode", "MessageFormatted"}),
    ],
)
def test_v2_errors(simulator: Simulator, api: httpx.Client, variant: str, keys: set[str]) -> None:
    choose(simulator, "v2-errors", variant)
    assert set(api.get("/v2/projects/1").json()) == keys
    assert set(api.get("/v1pre3/projects/1").json()) == {"ResponseStatus", "Notifications"}


@pytest.mark.parametrize(("variant", "told"), [("told", True), ("plain", False)])
def test_workgroup_user(simulator: Simulator, variant: str, told: bool) -> None:
    choose(simulator, "workgroup-user", variant)
    with asking(simulator.regions[0], TOKENS.workgroup) as client:
        assert ("IsWorkgroup" in client.get("/v2/users/current").json()) is told
        user = client.get("/v1pre3/users/current").json()["Response"]
        assert ("LoggedInUser" in user) is told


@pytest.mark.parametrize("variant", ["409", "403", "404"])
def test_archived_content(simulator: Simulator, api: httpx.Client, variant: str) -> None:
    choose(simulator, "archived-content", variant)
    run = run_named(api, "Pilot 2023")
    files = api.get(f"/v2/runs/{run['Id']}/files?limit=1000").json()["Items"]
    file = next(file["Id"] for file in files if file["IsArchived"])
    assert api.get(f"/v2/files/{file}/content?redirect=meta").status_code == int(variant)


@pytest.mark.parametrize("variant", ["404", "410", "403"])
def test_deleted_content(simulator: Simulator, api: httpx.Client, variant: str) -> None:
    choose(simulator, "deleted-content", variant)
    run = run_named(api, "Pilot 2023")
    simulator.faults.become([run["Id"]], "files-deleted")
    file = api.get(f"/v2/runs/{run['Id']}/files").json()["Items"][0]["Id"]
    assert api.get(f"/v1pre3/files/{file}/content?redirect=meta").status_code == int(variant)


@pytest.mark.parametrize(
    ("variant", "path"), [("lane", "BaseCalls/L001.zip"), ("folder", "BaseCalls/L001/L001.zip")]
)
def test_zip_names(simulator: Simulator, api: httpx.Client, variant: str, path: str) -> None:
    choose(simulator, "zip-names", variant)
    run = run_named(api, "Cardiac panel top-up")
    simulator.faults.become([run["Id"]], "zipped")
    files = api.get(f"/v2/runs/{run['Id']}/files?limit=1000&extensions=zip").json()["Items"]
    assert any(file["Path"].endswith(path) for file in files)


@pytest.mark.parametrize(
    ("variant", "calls", "index"),
    [
        ("after-the-file", "0007.bcl.bgzf", "0007.bcl.bgzf.bci"),
        ("after-the-cycle", "0007.bcl.bgzf", "0007.bci"),
        ("short", "0007.bgzf", "0007.bci"),
    ],
)
def test_bgzf_names(simulator: Simulator, variant: str, calls: str, index: str) -> None:
    choose(simulator, "bgzf-names", variant)
    with asking(simulator.regions[0], simulator.tokens.workgroup) as api:
        run = run_named(api, "NextSeq 500, odd names")["Id"]
        files = api.get(f"/v2/runs/{run}/files?limit=1000&directory=/Data&recursive=true").json()
        paths = {file["Path"]: file for file in files["Items"]}
        lane = "Data/Intensities/BaseCalls/L001"
        assert {path for path in paths if path.startswith(f"{lane}/0007")} == {
            f"{lane}/{calls}",
            f"{lane}/{index}",
        }
        assert f"{lane}/s_1.bci" in paths
        content = api.get(paths[f"{lane}/{calls}"]["HrefContent"], follow_redirects=True).content
        assert len(content) == paths[f"{lane}/{calls}"]["Size"]


@pytest.mark.parametrize(
    ("variant", "marks"),
    [
        ("by-region", ["&Signature=", "X-Amz-Signature="]),
        ("v2", ["&Signature=", "&Signature="]),
        ("v4", ["X-Amz-Signature=", "X-Amz-Signature="]),
    ],
)
def test_signatures(simulator: Simulator, variant: str, marks: list[str]) -> None:
    choose(simulator, "signatures", variant)
    for region, name, mark in zip(
        simulator.regions, (NAME, "FP-1_S1_L001_R1_001.fastq.gz"), marks, strict=True
    ):
        file = file_named(simulator, name)
        with asking(region) as client:
            content = client.get(f"/v2/files/{file}/content?redirect=meta").json()
        address = content["HrefContent"]
        assert mark in address
        assert fetch(address, Range="bytes=0-9").status_code == 206
        assert fetch(address.replace("filename", "filenames")).status_code == 403
        simulator.faults.expire_urls()
        assert b"expired" in fetch(address).content


@pytest.mark.parametrize(
    ("variant", "statuses"),
    [("by-redirect", [403, 200]), ("refused", [403, 403]), ("ignored", [200, 200])],
)
def test_token_at_store(
    simulator: Simulator, api: httpx.Client, variant: str, statuses: list[int]
) -> None:
    choose(simulator, "token-at-store", variant)
    file = file_named(simulator, NAME)
    moved = api.get(f"/v2/files/{file}/content?redirect=true").headers["location"]
    addresses = (address_of(simulator, file), moved)
    assert [fetch(a, x_access_token="x").status_code for a in addresses] == statuses
    assert [fetch(a, Authorization="Bearer x").status_code for a in addresses] == [403, 403]
    assert [fetch(a).status_code for a in addresses] == [200, 200]


@pytest.mark.parametrize(
    ("variant", "status"), [("streamed", 200), ("ranged", 206), ("redirected", 302)]
)
def test_proxied_content(
    simulator: Simulator, api: httpx.Client, variant: str, status: int
) -> None:
    choose(simulator, "proxied-content", variant)
    file = file_named(simulator, NAME)
    whole = fetch(address_of(simulator, file)).content
    content = f"/v2/files/{file}/content?redirect=false"
    answer = api.get(content, headers={"Range": "bytes=5-8"})
    assert answer.status_code == status
    assert answer.content == {200: whole, 206: whole[5:9], 302: b""}[status]


@pytest.mark.parametrize("variant", ["same", "numeric-in-v1"])
def test_run_file_ids(simulator: Simulator, api: httpx.Client, variant: str) -> None:
    choose(simulator, "run-file-ids", variant)
    run = run_named(api, "Pilot 2023")["Id"]
    v1 = api.get(f"/v1pre3/runs/{run}/files").json()["Response"]["Items"][0]
    v2 = api.get(f"/v2/runs/{run}/files").json()["Items"][0]
    assert (v1["Id"] == v2["Id"]) is (variant == "same")
    assert api.get(v1["Href"]).json()["Response"]["Path"] == v2["Path"]
    crossed = api.get(f"/v1pre3/files/{v2['Id']}").status_code
    assert crossed == (200 if variant == "same" else 403)


@pytest.mark.parametrize(("variant", "start"), [("numeric", ""), ("tokens", "r.")])
def test_run_ids(simulator: Simulator, api: httpx.Client, variant: str, start: str) -> None:
    choose(simulator, "run-ids", variant)
    run = run_named(api, "zf heart NovaSeq")
    number = run["V1Pre3Id"]
    assert run["Id"].startswith(start)
    assert run["Id"] == number or len(run["Id"]) == 24
    assert api.get(f"/v2/runs/{run['Id']}").json()["V1Pre3Id"] == number
    assert api.get(f"/v1pre3/runs/{number}").status_code == 200
    if start:
        assert api.get(f"/v1pre3/runs/{run['Id']}").status_code == 403
        by_token = api.get(f"/v2/datasets?inputruntokens={run['Id']}").json()["Paging"]
        assert by_token["TotalCount"] == 32
        assert api.get(f"/v2/datasets?inputruns={run['Id']}").json()["Items"] == []
        assert api.get(f"/v2/runs?id={run['Id']}").json()["Paging"]["TotalCount"] == 1


@pytest.mark.parametrize(("variant", "status"), [("hidden", 200), ("refused", 403)])
def test_unreadable_datasets(
    simulator: Simulator, api: httpx.Client, variant: str, status: int
) -> None:
    choose(simulator, "unreadable-datasets", variant)
    run = run_named(api, "Shared plate 12")["Id"]
    answer = api.get(f"/v2/datasets?inputruns={run}")
    assert answer.status_code == status
    assert answer.json().get("Items", []) == []


@pytest.mark.parametrize(
    ("variant", "other"), [("conforming", 0), ("nothing", 0), ("everything", 10)]
)
def test_plain_type(simulator: Simulator, api: httpx.Client, variant: str, other: int) -> None:
    choose(simulator, "plain-type", variant)

    def count(kind: str) -> int:
        return len(api.get("/v2/datasets", params={"datasettypes": kind}).json()["Items"])

    assert count("common.fastq") == (0 if variant == "nothing" else 10)
    assert (count("~common.fastq"), count("illumina.fastq.v1.8")) == (10, 10)
    assert count("common.bam") == other
    assert count("~common.bam") == 0


@pytest.mark.parametrize(("variant", "status"), [("answered", 200), ("unknown", 404)])
def test_lane_mappings(simulator: Simulator, api: httpx.Client, variant: str, status: int) -> None:
    choose(simulator, "lane-mappings", variant)
    run = run_named(api, "Cardiac panel plate 1")["Id"]
    assert api.get(f"/v2/runs/{run}/lanelibrarymappings").status_code == status


@pytest.mark.parametrize("variant", ["common_fastq", "illumina_fastq_v1_8"])
def test_fastq_attributes(simulator: Simulator, api: httpx.Client, variant: str) -> None:
    choose(simulator, "fastq-attributes", variant)
    assert set(api.get("/v2/datasets").json()["Items"][0]["Attributes"]) == {variant}


@pytest.mark.parametrize(("variant", "word"), [("upper", "READ"), ("title", "Read")])
def test_permission_words(simulator: Simulator, api: httpx.Client, variant: str, word: str) -> None:
    choose(simulator, "permission-words", variant)
    listed = api.get("/v1pre3/users/current/projects?include=permissions").json()["Response"]
    for path in (listed["Items"][0]["Href"], f"/v2/projects/{listed['Items'][0]['Id']}"):
        body = api.get(path).json()
        assert word in body.get("Response", body)["Permissions"]["UserOperations"]


@pytest.mark.parametrize(
    ("variant", "name"), [("joined", "NextSeq2000"), ("spaced", "NextSeq 2000")]
)
def test_instrument_names(simulator: Simulator, api: httpx.Client, variant: str, name: str) -> None:
    choose(simulator, "instrument-names", variant)
    runs = api.get("/v2/runs?limit=100").json()["Items"]
    assert name in {run["Instrument"]["Type"] for run in runs}


def test_every_point_has_its_test() -> None:
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals()}
    own = {"workgroup-list"}
    assert {point.name for point in POINTS} - tested == own
