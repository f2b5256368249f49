"""Run folders of all four layouts on disk, from the simulator's laboratory, of few cycles."""

import os
import re
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bstui.simulator.account import Run
from bstui.simulator.contents import Spool
from bstui.simulator.laboratory import make_laboratory
from tests.lab import SEED, SMALL, TOKENS

CYCLES = 8
_CYCLE = re.compile(r"/C(\d+)\.1/|/(\d{4})\.b")
_READS = re.compile(rb"<Reads>.*</Reads>", re.DOTALL)
_FEW = f'<Reads><Read Number="1" NumCycles="{CYCLES}" IsIndexedRead="N"/></Reads>'.encode()
EXPERIMENTS = {
    "bcl": "Cardiac panel top-up",
    "bcl.gz": "small RNA 1-8",
    "bgzf": "NextSeq 500, odd names",
    "cbcl": "Exomes 07",
}


@dataclass(frozen=True)
class RunFolder:
    """A run as it came from the instrument."""

    path: Path

    @property
    def files(self) -> list[tuple[str, int]]:
        """What BaseSpace would list of it."""
        return sorted(
            (str(path.relative_to(self.path)), path.stat().st_size)
            for path in self.path.rglob("*")
            if path.is_file()
        )

    def write(self, path: Path, data: bytes) -> None:
        """Put a new file there: the old one may be another run's too."""
        path.unlink()
        path.write_bytes(data)

    def find(self, part: str) -> Path:
        """The first file with this in its path, of cycle 3 where it has cycles."""
        paths = [path for path, _ in self.files if part in path]
        of_cycle = [path for path in paths if "/C3.1/" in path or "/0003." in path]
        return self.path / (of_cycle or paths)[0]


def write_runs(folder: Path, *layouts: str) -> dict[str, RunFolder]:
    """Write a run of each of these layouts."""
    with closing(Spool()) as spool:
        region, _ = make_laboratory(SEED, SMALL, TOKENS, spool)
        runs = {run.experiment: run for run in region.runs.values()}
        for layout in layouts:
            _write(runs[EXPERIMENTS[layout]], folder / layout)
    return {layout: RunFolder(folder / layout) for layout in layouts}


def linked(run: RunFolder, folder: Path) -> RunFolder:
    """The run once more, of the same inodes: to be broken by removing, renaming, `write`."""
    shutil.copytree(run.path, folder, copy_function=os.link)
    return RunFolder(folder)


def _write(run: Run, folder: Path) -> None:
    for file in run.files:
        cycle = _CYCLE.search(file.path)
        if cycle is not None and int(cycle[1] or cycle[2]) > CYCLES:
            continue
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        data = file.content.read()
        path.write_bytes(_READS.sub(_FEW, data) if path.name == "RunInfo.xml" else data)
