"""What cannot be planned, wholly or in part: each a sentence, and nothing written."""

import dataclasses
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bstui.basespace.client import Client
from bstui.errors import (
    Archived,
    BstuiError,
    DestinationError,
    NoSpace,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    UsageError,
)
from bstui.jobs.plan import make_plan
from bstui.samples.marks import Mark, RunMark
from bstui.samples.selection import Selection, resolve
from bstui.samples.selectors import parse_selectors
from bstui.simulator.service import Simulator
from tests.basespace.server import asking
from tests.jobs.planning import PANEL, PLATE, TOP_UP, open_client, plan, request_for
from tests.jobs.service import a_dataset, answer_for


@pytest.fixture
async def client(laboratory: Simulator) -> AsyncIterator[Client]:
    async with open_client(laboratory) as opened:
        yield opened


@pytest.mark.parametrize(
    ("selectors", "bcl", "error", "reason"),
    [
        (["project:nothing"], False, NotFound, "No project that this login can see is named"),
        (["project:999"], False, NotAllowed, "shared"),
        (["biosample:999"], False, NotAllowed, "shared"),
        (["run:999"], True, NotAllowed, "shared"),
        (["dataset:Heart-1_L001"], False, UsageError, "no dataset's id"),
        (["run:Shared plate 12"], False, NotAllowed, "missing: project Okafor confidential"),
        (["run:Pilot 2023"], True, Archived, "`bs unarchive run -i"),
        (["run:Panel plate 2"], True, BstuiError, "not complete at BaseSpace yet"),
        (["run:Panel plate 2"], False, NotAllowed, "none was made"),
        ([PANEL], True, UsageError, "cannot be imported as raw BCL"),
        ([PLATE, TOP_UP], True, UsageError, "2 runs cannot be imported as raw BCL at once"),
        ([], False, UsageError, "Nothing was chosen"),
    ],
)
async def test_refusals(
    client: Client,
    tmp_path: Path,
    selectors: list[str],
    bcl: bool,
    error: type[BstuiError],
    reason: str,
) -> None:
    with pytest.raises(error) as caught:
        await plan(client, tmp_path, *selectors, bcl=bcl)
    assert reason in str(caught.value)
    assert caught.value.hint
    assert os.listdir(tmp_path) == []


async def test_a_run_without_its_project_can_be_had_raw(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "run:Shared plate 12", bcl=True)
    assert len(made.files) > 10


async def test_a_token_that_may_only_browse(laboratory: Simulator, tmp_path: Path) -> None:
    async with open_client(laboratory, laboratory.tokens.browse_only) as client:
        with pytest.raises(NotAllowed, match="may list data, but not read it") as caught:
            await plan(client, tmp_path / "new", PANEL)
    assert caught.value.exit_code == 4
    assert "READ GLOBAL" in caught.value.hint


async def test_a_scope_that_is_not_told_is_found_out(laboratory: Simulator, tmp_path: Path) -> None:
    async with open_client(laboratory, laboratory.tokens.browse_only) as client:
        selection = await resolve(client, parse_selectors([PANEL]), False)
        request = await request_for(client, tmp_path)
        identity = msgspec.structs.replace(request.identity, scopes=())
        with pytest.raises(NotAllowed):
            await make_plan(client, selection, dataclasses.replace(request, identity=identity))


async def test_a_token_that_is_revoked(simulator: Simulator, tmp_path: Path) -> None:
    async with open_client(simulator) as client:
        selection = await resolve(client, parse_selectors([PANEL]), False)
        request = await request_for(client, tmp_path)
        simulator.faults.revoke(simulator.tokens.person)
        with pytest.raises(NotLoggedIn):
            await make_plan(client, selection, request)


async def test_what_is_withdrawn_meanwhile_is_left_out(
    simulator: Simulator, tmp_path: Path
) -> None:
    async with open_client(simulator) as client:
        before = await plan(client, tmp_path, PANEL)
        gone = {file.sample: file.dataset for file in before.files}
        simulator.faults.withdraw(gone["Valve-1"])
        made = await plan(client, tmp_path, PANEL)
    assert len(made.files) == len(before.files) - 2
    assert any(item.name.startswith("Valve-1") for item in made.left_out)
    assert any("Valve-1" in warning for warning in made.warnings)


async def test_a_project_that_may_be_seen_but_not_read(
    simulator: Simulator, tmp_path: Path
) -> None:
    async with open_client(simulator) as client:
        before = await plan(client, tmp_path, PANEL, "biosample:miR-01")
        first = next(file for file in before.files if file.sample == "miR-01")
        simulator.faults.withdraw(first.id)
        made = await plan(client, tmp_path, PANEL, "biosample:miR-01")
        assert {file.project for file in made.files} == {"Cardiac amplicon panel"}
        assert any("miR-01" in warning for warning in made.warnings)
        with pytest.raises(NotAllowed):
            await plan(client, tmp_path, "biosample:miR-01")


async def test_a_destination_that_cannot_be_written(client: Client) -> None:
    with pytest.raises(DestinationError):
        await plan(client, Path("/proc/bstui"), "biosample:miR-01")


async def test_no_room(tmp_path: Path) -> None:
    async with asking(answer_for([a_dataset(1)], size=1 << 60)) as (client, _):
        selection = await resolve(client, parse_selectors(["biosample:1"]), False)
        request = await request_for(client, tmp_path)
        with pytest.raises(NoSpace, match="has room for") as caught:
            await make_plan(client, selection, request)
        assert caught.value.exit_code == 5
        shown = await make_plan(
            client, selection, dataclasses.replace(request, requires_room=False)
        )
        assert not shown.room.fits


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"IsArchived": True}, "archived: It is in cold storage"),
        ({"QcStatus": "QcFailed"}, "failed quality control: QcFailed"),
        ({"IsDeleted": True}, "deleted: Its files were deleted"),
        ({"UploadStatus": "Uploading"}, r"uploading: Its upload is not complete \(Uploading\)"),
    ],
)
async def test_what_cannot_be_used_is_left_out(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    async with asking(answer_for([a_dataset(1), a_dataset(2) | change])) as (client, _):
        made = await plan(client, tmp_path, "biosample:1")
        assert {file.dataset for file in made.files} == {"ds.1"}
        [warning] = (one for one in made.warnings if "hold no reads" not in one)
        assert re.match(f"Left out: B_L002, {reason}", warning)
    async with asking(answer_for([a_dataset(2) | change])) as (client, _):
        with pytest.raises(NotFound, match=reason):
            await plan(client, tmp_path, "biosample:1")


async def test_files_in_the_archive_are_left_out(tmp_path: Path) -> None:
    async with asking(answer_for([a_dataset(1)], archived={"R2"})) as (client, _):
        made = await plan(client, tmp_path, "biosample:1")
    assert [file.read for file in made.files] == ["R1"]
    assert [(item.name, item.reason) for item in made.left_out] == [
        ("B_S1_L001_R2_001.fastq.gz", "archived")
    ]


async def test_names_from_the_server_stay_beneath_the_destination(tmp_path: Path) -> None:
    async with asking(answer_for([a_dataset(1)], name="../\x1b[31m/")) as (client, _):
        made = await plan(client, tmp_path, "biosample:1")
    assert [file.path for file in made.files] == [
        f"P/B/..%2F%1B[31m%2FB_S1_L001_{read}_001.fastq.gz" for read in ("R1", "R2")
    ]
    assert all(file.name.isprintable() for file in made.files)


async def test_a_raw_run_and_anything_else(client: Client, tmp_path: Path) -> None:
    selection = Selection(marks=(RunMark("1", "R"), Mark("2", "b")))
    with pytest.raises(UsageError, match="cannot be imported with anything else"):
        await make_plan(client, selection, await request_for(client, tmp_path))
    with pytest.raises(UsageError, match="Nothing is chosen"):
        await make_plan(client, Selection(), await request_for(client, tmp_path))
