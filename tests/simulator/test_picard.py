"""Simulated run folders can be demultiplexed by an independent program."""

import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from bstui.simulator.account import Run
from bstui.simulator.contents import Spool
from bstui.simulator.laboratory import make_laboratory
from bstui.simulator.reads import Flowcell
from bstui.simulator.runfolder import Layout
from tests.lab import SEED, SMALL, TOKENS

PICARD = shutil.which("PicardCommandLine")
CBCL_NEEDS = Path("/usr/share/java/commons-lang.jar")
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PICARD is None, reason="PicardCommandLine (picard-tools) is not there"),
]


def picard(tool: str, *arguments: str) -> None:
    command = [str(PICARD), tool, *arguments, "QUIET=true", "VERBOSITY=ERROR"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def write_folder(run: Run, folder: Path) -> None:
    for file in run.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content.read())


def demultiplex(cell: Flowcell, lane: int, folder: Path, work: Path) -> None:
    """Write `work/<S number>.<read>.fastq` for every sample of a lane of a run folder."""
    insert = f"{cell.read_length}T"
    reads = f"READ_STRUCTURE={insert}8B8B{insert if cell.is_paired else ''}"
    calls = f"BASECALLS_DIR={folder}/Data/Intensities/BaseCalls"
    codes = ["barcode_sequence_1\tbarcode_sequence_2\tbarcode_name\tlibrary_name"]
    outputs = ["OUTPUT_PREFIX\tBARCODE_1\tBARCODE_2", f"{work}/rest\tN\tN"]
    for line in cell.lines:
        codes.append("\t".join([*line.indexes, str(line.number), "library"]))
        outputs.append("\t".join([f"{work}/{line.number}", *line.indexes]))
    (work / "codes").write_text("\n".join([*codes, ""]))
    (work / "outputs").write_text("\n".join([*outputs, ""]))
    (work / "matches").mkdir()
    matches = f"{work}/matches"
    if (folder / "InterOp").is_dir():  # without, only this check of picard's fails
        picard("CheckIlluminaDirectory", calls, reads, f"LANES={lane}")
    metrics = (f"BARCODE_FILE={work}/codes", f"METRICS_FILE={work}/metrics")
    picard(
        "ExtractIlluminaBarcodes", calls, reads, f"LANE={lane}", *metrics, f"OUTPUT_DIR={matches}"
    )
    picard(
        "IlluminaBasecallsToFastq",
        *(calls, reads, f"LANE={lane}", f"BARCODES_DIR={matches}"),
        *(f"MULTIPLEX_PARAMS={work}/outputs", f"RUN_BARCODE={cell.number}"),
        *(f"MACHINE_NAME={cell.instrument}", f"FLOWCELL_BARCODE={cell.barcode}"),
        *("READ_NAME_FORMAT=CASAVA_1_8", "INCLUDE_NON_PF_READS=false", "APPLY_EAMSS_FILTER=false"),
    )


def records(text: str) -> list[tuple[str, str, str]]:
    """Name without its comment, bases and qualities of each read, sorted."""
    lines = text.splitlines()
    rows = zip(lines[0::4], lines[1::4], lines[3::4], strict=True)
    return sorted((name.split()[0], bases, scores) for name, bases, scores in rows)


def assert_reads(cell: Flowcell, lane: int, work: Path) -> None:
    """What was demultiplexed are the reads of every sample."""
    for line in cell.lines:
        for read in (1, 2) if cell.is_paired else (1,):
            (expected,) = cell.fastq([line], lane, read)
            found = (work / f"{line.number}.{read}.fastq").read_text()
            assert records(found) == records(expected.decode())


@pytest.mark.parametrize(
    ("experiment", "layout"),
    [
        ("Cardiac panel plate 1", Layout.BCL),
        ("small RNA 1-8", Layout.BCL_GZ),
        ("Exomes 07", Layout.CBCL),
        ("zf heart NovaSeq", Layout.CBCL),
        ("NextSeq 500, odd names", Layout.BGZF),
    ],
)
def test_picard_finds_the_reads_of_the_fastq(
    experiment: str, layout: Layout, tmp_path: Path
) -> None:
    if layout is Layout.CBCL and not CBCL_NEEDS.exists():
        pytest.skip("picard reads .cbcl only where libcommons-lang-java is installed")
    with closing(Spool()) as spool:
        region, _ = make_laboratory(SEED, SMALL, TOKENS, spool)
        run = next(run for run in region.runs.values() if run.experiment == experiment)
        cell = run.cell
        assert isinstance(cell, Flowcell)
        lane = cell.lanes
        write_folder(run, tmp_path / "run")
        demultiplex(cell, lane, tmp_path / "run", tmp_path)
        assert_reads(cell, lane, tmp_path)
