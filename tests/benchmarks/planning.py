"""What planning 100 000 files costs: at most 3 s of CPU and 150 MB, all that was read included.

FASTQ: 25 000 biosamples of four files each, as the service's answers decode, are grouped, placed
and met at an empty destination; once more of two lanes each, which are to be joined. A raw run: its
files in pages of the service's JSON, decoded, chosen and met likewise. Each case runs in a process
of its own; its CPU counts from before the first answer is decoded, its peak is the whole process's.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from bstui.basespace import wire
from bstui.basespace.client import Client
from bstui.basespace.models import Dataset, File, Identity, Reference, Run
from bstui.cli.calls import run_calls
from bstui.jobs.plan import Contents, PlanRequest, make_plan
from bstui.jobs.records import Options
from bstui.runs.contents import RunContents
from bstui.samples.choice import Choice
from bstui.samples.gathering import Gathered
from bstui.samples.marks import Mark, RunMark
from bstui.samples.selection import Selection
from bstui.text import Secret

FILES = 100_000
CPU_ALLOWED, MEMORY_ALLOWED = 3.0, 150.0
"""Seconds; MB of 10⁶ bytes."""
_PAGE = 1000
_CREATED = "2026-01-12T09:30:00.0000000Z"
_RUN = Reference(id="11", name="260112_M1_0041_A")


def main() -> None:
    for case in ("fastq", "merge", "bcl"):
        command = [sys.executable, "-m", "tests.benchmarks.planning", case]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)
        cost = json.loads(done.stdout)
        print(f"{case:6} {cost['files']:,} files")
        for name, unit, allowed in (("cpu", "s", CPU_ALLOWED), ("peak", "MB", MEMORY_ALLOWED)):
            print(f"  {name:5}{cost[name]:7.1f} {unit:3}{cost[name] / allowed:5.2f} of the allowed")


def read_files(number: int, count: int, name: Callable[[int], str]) -> tuple[File, ...]:
    """Files as an answer of the service gives them, from its JSON."""
    items = [
        {
            "Id": f"{number + i}",
            "Href": f"https://api.example/v2/files/{number + i}",
            "HrefContent": f"https://api.example/v2/files/{number + i}/content",
            "Name": name(number + i).rpartition("/")[2],
            "Path": name(number + i),
            "Size": 40_000_000 + i,
            "DateCreated": _CREATED,
            "ETag": f"{number + i:032x}-5",
        }
        for i in range(count)
    ]
    decoded = msgspec.json.decode(msgspec.json.encode(items), type=list[wire.File])
    return tuple(file.model() for file in decoded)


def fastq(lanes: int = 1) -> tuple[Selection, Contents]:
    choices, files, marks = [], {}, []
    each = 4 // lanes
    for number in range(FILES // 4):
        biosample = Reference(id=f"{number}", name=f"Sample-{number}")
        datasets = [_dataset(number, lane, biosample) for lane in range(1, lanes + 1)]
        for lane, dataset in enumerate(datasets, 1):
            name = partial(_fastq_name, lane=lane, each=each)
            files[dataset.id] = read_files(4 * number + each * (lane - 1), each, name)
        choices.append(Choice(biosample=biosample, taken=tuple(datasets)))
        marks.append(Mark(biosample.id, biosample.name))
    return Selection(marks=tuple(marks)), Gathered(choices, files)


def _dataset(number: int, lane: int, biosample: Reference) -> Dataset:
    return Dataset(
        id=f"ds.{lane}{number:031x}",
        name=f"Sample-{number}_L00{lane}",
        project_id="1",
        project="Cohort",
        created=datetime(2026, 1, 12, 9, 30, tzinfo=UTC),
        runs=(_RUN,),
        lane=lane,
        libraries=(Reference(id=f"{number}", name=f"lib {number}"),),
        biosamples=(biosample,),
    )


def _fastq_name(file: int, lane: int, each: int) -> str:
    number, read = file // 4, ("R1", "R2", "I1", "I2")[file % each]
    return f"Sample-{number}_S{number}_L00{lane}_{read}_001.fastq.gz"


def merge() -> tuple[Selection, Contents]:
    return fastq(lanes=2)


def bcl() -> tuple[Selection, Contents]:
    def name(number: int) -> str:
        lane, cycle, tile = number % 8 + 1, number // 400, 1101 + number // 8 % 50
        calls = "Data/Intensities/BaseCalls"
        return f"{calls}/L{lane:03}/C{cycle}.1/s_{lane}_{tile}.bcl.gz"

    files: list[File] = []
    for number in range(0, FILES, _PAGE):
        files += read_files(number, _PAGE, name)
    run = Run(id="11", name=_RUN.name, experiment="Huge")
    return Selection(marks=(RunMark(_RUN.id, _RUN.name),)), RunContents(run, files)


def measure(case: str) -> None:
    begun = time.process_time()
    selection, contents = {"fastq": fastq, "merge": merge, "bcl": bcl}[case]()
    with tempfile.TemporaryDirectory() as folder:
        request = PlanRequest(
            destination=Path(folder),
            profile="benchmark",
            region="other",
            identity=Identity(id="1", name="benchmark", scopes=("BROWSE GLOBAL", "READ GLOBAL")),
            options=Options(lanes="merge" if case == "merge" else "keep"),
            requires_room=False,
        )
        client = Client("http://127.0.0.1:9", Secret("none"))
        plan = run_calls(make_plan(client, selection, request, contents=contents))
    cpu = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"files": len(plan.files), "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    measure(*sys.argv[1:]) if sys.argv[1:] else main()
