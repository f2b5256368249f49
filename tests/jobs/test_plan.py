"""The plan of an import from the simulated laboratory: every file, every warning."""

import dataclasses
import os
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bstui.basespace.client import Client
from bstui.errors import (
    UsageError,
)
from bstui.jobs.command import equivalent_command
from bstui.jobs.folder import create_job
from bstui.jobs.plan import make_plan
from bstui.jobs.records import Launcher, Options
from bstui.samples.gathering import UNDETERMINED
from bstui.samples.marks import Mark, RunMark, Scope, ScopeKind
from bstui.samples.selection import Selection, resolve
from bstui.samples.selectors import parse_selectors
from bstui.simulator.service import Simulator
from tests.jobs.planning import PANEL, PLATE, TOP_UP, folders, open_client, plan, request_for


@pytest.fixture
async def client(laboratory: Simulator) -> AsyncIterator[Client]:
    async with open_client(laboratory) as opened:
        yield opened


async def test_a_project_is_planned_whole(
    laboratory: Simulator, client: Client, tmp_path: Path
) -> None:
    made = await plan(client, tmp_path, "project:Tumour exomes and small RNA")
    truth = laboratory.truth({file.id for file in made.files})
    assert len(made.files) == made.header.files == 20
    for file in made.files:
        assert (file.size, file.etag) == (truth[file.id].size, truth[file.id].etag)
        assert file.path == f"Tumour exomes and small RNA/{file.sample}/{file.name}"
        assert file.action == "fetch"
    header = made.header
    assert header.bytes == sum(file.size for file in made.files) == made.room.needed
    assert header.samples == len(made.samples) == 10
    assert header.name == "Tumour-exomes-and-small-RNA-2026-05-28"
    assert (header.destination, header.identity) == (str(tmp_path), "Robin Ferris")
    assert not header.options.bcl
    assert not made.warnings
    assert not made.left_out
    assert os.listdir(tmp_path) == []


async def test_a_file_carries_what_is_known_of_it(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "biosample:zf-00h-1")
    file = made.files[3]
    assert (file.name, file.lane, file.read) == ("zf-00h-1_S1_L002_R2_001.fastq.gz", 2, "R2")
    assert file.sample == "zf-00h-1"
    assert file.project == "Zebrafish heart RNA-seq"
    assert "A01052" in file.run
    assert file.run_id.isdigit()
    assert file.biosample.isdigit()
    assert file.library
    assert file.dataset.startswith("ds.")
    rows = list(made.rows())
    assert list(rows[3])[:7] == ["id", "name", "path", "size", "sample", "action", "warning"]
    assert rows[3]["biosample"] == "zf-00h-1"
    assert rows[3]["biosample_id"] == file.biosample


async def test_one_biosample_in_two_runs(client: Client, tmp_path: Path) -> None:
    both = await plan(client, tmp_path, "biosample:Kidney-2")
    assert len(both.files) == 4
    assert {Path(folder).name for folder in folders(both)} == {file.run for file in both.files}
    (sample,) = both.samples
    assert len(sample.runs) == 2
    assert sample.runs_left_out == ()

    one = await plan(client, tmp_path, "biosample:Kidney-2@run:Cardiac panel top-up")
    assert folders(one) == {"Cardiac amplicon panel/Kidney-2"}
    (sample,) = one.samples
    assert len(sample.runs) == len(sample.runs_left_out) == 1
    assert [item.is_chosen for item in one.left_out] == [False]
    assert one.warnings == ()

    again = await plan(
        client,
        tmp_path,
        "biosample:Kidney-2@run:Cardiac panel top-up",
        "biosample:Kidney-2@run:Cardiac panel plate 1",
    )
    assert [file.path for file in again.files] == [file.path for file in both.files]


async def test_of_a_dataset_made_twice_the_newest_is_taken(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "biosample:Heart-1")
    assert len(made.files) == 2
    (left,) = made.left_out
    (newest,) = {file.dataset for file in made.files}
    assert newest in left.text
    (warning,) = made.warnings
    assert warning.startswith("Left out: Heart-1_L001, another dataset holds the same")

    named = await plan(client, tmp_path, "biosample:Heart-1", f"dataset:{left.id}")
    assert {file.dataset for file in named.files} == {left.id}


async def test_awkward_names_are_one_folder_each(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, PANEL)
    assert "Cardiac amplicon panel/S[%2Fb]" in folders(made)
    assert "Cardiac amplicon panel/Left ventricle 3" in folders(made)
    assert "S[/b]" in {file.sample for file in made.files}


async def test_a_run_holds_all_its_fastq(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, PLATE)
    assert {file.run_id for file in made.files} == {made.header.sources[0].removeprefix("run:")}
    assert "Unindexed Reads/Undetermined" not in folders(made)
    assert [item.name for item in made.left_out if item.reason == UNDETERMINED]
    asked = await plan(client, tmp_path, PLATE, undetermined=True)
    assert "Unindexed Reads/Undetermined" in folders(asked)
    assert len(asked.files) > len(made.files)
    assert (len(made.samples), len(asked.samples)) == (14, 15)


async def test_sources_are_joined_and_counted_once(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, PLATE, TOP_UP, "biosample:Aorta-1", PLATE)
    ids = [file.id for file in made.files]
    assert len(ids) == len(set(ids)) == 30
    assert made.header.name.startswith("Cardiac-panel-plate-1-")


async def test_a_single_sample(client: Client, tmp_path: Path) -> None:
    made = await plan(
        client, tmp_path, PANEL, "biosample:miR-01", grouping="single", sample="Pool 1"
    )
    assert {file.sample for file in made.files} == {"Pool 1"}
    assert {path.split("/")[0] for path in folders(made)} == {"Pool 1"}
    assert made.header.samples == 1
    assert any("mixes paired and single-end" in warning for warning in made.warnings)


async def test_files_as_they_are(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "biosample:miR-01", grouping="none")
    assert folders(made) == {"Tumour exomes and small RNA/miR-01"}
    assert {file.sample for file in made.files} == {""}
    assert made.header.samples == 0


async def test_a_layout_of_ones_own(client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "biosample:miR-01", layout="{run}/{lane}/{file}")
    assert {Path(folder).name for folder in folders(made)} == {"L001", "L002"}


async def test_marks_of_the_basket_mean_the_same(client: Client, tmp_path: Path) -> None:
    selected = await resolve(client, parse_selectors([TOP_UP]), False)
    marked = Selection(marks=selected.marks)
    request = await request_for(client, tmp_path)
    one = await make_plan(client, selected, request)
    two = await make_plan(client, marked, request)
    assert one.files == two.files
    assert two.header.name == one.header.name
    assert two.header.sources == (selected.biosamples[0].selector,)


async def test_steps_are_told(client: Client, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    selection = await resolve(client, parse_selectors([PANEL]), False)
    await make_plan(
        client,
        selection,
        await request_for(client, tmp_path),
        progress=lambda *step: steps.append(step),
    )
    assert steps[0] == ("biosamples", 0, 14)
    assert ("biosamples", 14, 14) in steps
    assert steps[-1] == ("datasets", 15, 15)


async def test_a_raw_run(laboratory: Simulator, client: Client, tmp_path: Path) -> None:
    made = await plan(client, tmp_path, "run:zf heart NovaSeq", bcl=True)
    name = made.files[0].run
    truth = laboratory.truth({file.id for file in made.files})
    assert all(file.path == f"{name}/{truth[file.id].path}" for file in made.files)
    assert made.header.options.bcl
    assert made.header.samples == 0
    assert len(made.files) > 1000
    assert all(item.reason == "an image of the flow cell" for item in made.left_out)
    assert made.left_out
    assert not any(item.is_chosen for item in made.left_out)
    last = [file.last for file in made.files]
    assert last == sorted(last)
    assert {Path(file.path).name for file in made.files if file.last} >= {
        "RTAComplete.txt",
        "CopyComplete.txt",
    }


async def test_what_is_there_already(client: Client, tmp_path: Path) -> None:
    fresh = await plan(client, tmp_path, "biosample:miR-01")
    one, other = fresh.files
    (tmp_path / one.path).parent.mkdir(parents=True)
    (tmp_path / one.path).write_bytes(bytes(one.size))
    (tmp_path / other.path).write_bytes(b"something else")

    made = await plan(client, tmp_path, "biosample:miR-01")
    assert [file.action for file in made.files] == ["adopt", "fetch"]
    assert made.already == (1, one.size)
    assert made.room.needed == other.size
    assert "will fail" in made.files[1].warning
    assert any("--existing" in warning for warning in made.warnings)
    kept = await plan(client, tmp_path, "biosample:miR-01", existing="keep-both")
    assert "both are kept" in kept.files[1].warning


async def test_names_of_jobs_are_unique(client: Client, tmp_path: Path) -> None:
    selection = await resolve(client, parse_selectors(["biosample:miR-01"]), False)
    request = await request_for(client, tmp_path / "data")
    request = dataclasses.replace(request, jobs_dir=tmp_path / "jobs")
    first = await make_plan(client, selection, request)
    create_job(tmp_path / "jobs", first.header, first.files)
    second = await make_plan(client, selection, request)
    assert second.header.name == f"{first.header.name}-2"
    assert second.header.id != first.header.id
    with pytest.raises(UsageError, match="already"):
        await make_plan(client, selection, dataclasses.replace(request, name=first.header.name))


async def test_the_command_that_does_the_same(client: Client, tmp_path: Path) -> None:
    selection = await resolve(client, parse_selectors([PANEL]), False)
    request = await request_for(client, tmp_path / "with blank", grouping="none", verify="full")
    request = dataclasses.replace(request, launcher=Launcher.HERE, name="it's")
    words = shlex.split(equivalent_command(selection, request))
    assert words[:5] == ["bstui", "--profile", "lab", "import", selection.sources[0]]
    assert words[5:] == [
        *("--to", str(tmp_path / "with blank"), "--grouping", "none", "--verify", "full"),
        *("--launch", "here", "--name", "it's", "--yes"),
    ]


async def test_many_marks_are_read_from_a_file(client: Client, tmp_path: Path) -> None:
    marks = tuple(Mark(str(n), f"b{n}", Scope(ScopeKind.RUN, "11", "R")) for n in range(21))
    request = await request_for(client, tmp_path)
    few = shlex.split(equivalent_command(Selection(marks=marks[:20]), request))
    assert few[4:6] == ["biosample:0@run:11", "biosample:1@run:11"]
    many = shlex.split(equivalent_command(Selection(marks=marks), request, Path("my marks")))
    assert many[4:] == ["--from", "my marks", "--to", str(tmp_path), "--yes"]
    bcl = shlex.split(equivalent_command(Selection(marks=(RunMark("11", "R"),)), request))
    assert bcl[4:] == ["run:11", "--to", str(tmp_path), "--bcl", "--yes"]
    chosen = Options(bcl_files="metrics", include=("*.log",), exclude=("a b", "c"))
    request = dataclasses.replace(request, options=chosen)
    bcl = shlex.split(equivalent_command(Selection(marks=(RunMark("11", "R"),)), request))
    patterns = ["--include", "*.log", "--exclude", "a b", "--exclude", "c"]
    assert bcl[7:-1] == ["--bcl", "--bcl-files", "metrics", *patterns]
