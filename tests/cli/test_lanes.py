"""`--lanes merge`: what other programs read from joined files, and what survives what."""

import csv
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dnaio
import pytest

from bstui.jobs.checking import Checked, Verdict, check_files, files_on_record
from bstui.jobs.folder import JobFolder
from bstui.jobs.identifiers import find_job
from bstui.jobs.manifest import MANIFEST, RecordedFile, read_manifest, record_folder
from bstui.jobs.records import Launch, Launcher
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell
from tests.oracle import assert_history, read_tree

TWO_LANES = ("biosample:zf-00h-1", "biosample:zf-00h-2")
HERE = ("--launch", "here", "--yes")
SAMTOOLS = shutil.which("samtools")


def records(destination: Path, job: JobFolder) -> list[RecordedFile]:
    return list(read_manifest(record_folder(destination, job.id)))


def joined_of(destination: Path, job: JobFolder) -> dict[str, RecordedFile]:
    return {file.path: file for file in records(destination, job) if file.parts}


def reads_in(*paths: Path) -> Iterator[tuple[str, str]]:
    """Name and bases of every read, as dnaio reads them, one file after the other."""
    for path in paths:
        with dnaio.open(path) as reads:
            yield from ((read.name, read.sequence) for read in reads)


def start_again(robin: Shell, job: JobFolder) -> int:
    attempt = job.numbers().attempt + 1
    job.add_launch(Launch(time=0.0, launcher=Launcher.HERE, host="here", attempt=attempt))
    return robin("worker", str(job.path)).code


def test_lanes_are_joined_in_one_order_and_kept(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    sheets = ("--sheet", "ampliseq")
    said = robin("import", *TWO_LANES, "--to", str(out), "--lanes", "merge", *sheets, *HERE)
    assert said.code == 0, said.err
    job = find_job(places.jobs, "last")
    joined = joined_of(out, job)
    names = {Path(path).name for path in joined}
    assert names == {
        *("zf-00h-1_S1_R1_001.fastq.gz", "zf-00h-1_S1_R2_001.fastq.gz"),
        *("zf-00h-2_S2_R1_001.fastq.gz", "zf-00h-2_S2_R2_001.fastq.gz"),
    }
    paths = {file.id: out / file.path for file in records(out, job) if not file.parts}
    assert len(paths) == 8, "the lanes' own files are kept"
    for path, file in joined.items():
        assert (out / path).stat().st_size == file.size
        parts = [paths[part] for part in file.parts]
        assert [part.name[-20:-16] for part in parts] == ["L001", "L002"]
        assert list(reads_in(out / path)) == list(reads_in(*parts))
    for sample in {path.rpartition("_R")[0] for path in joined}:
        mates = [reads_in(out / f"{sample}_R{mate}_001.fastq.gz") for mate in (1, 2)]
        for (one, _), (other, _) in zip(*mates, strict=True):
            assert one.split()[0] == other.split()[0]
    (sheet,) = record_folder(out, job.id).glob("ampliseq.tsv")
    rows = list(csv.DictReader(sheet.read_text().splitlines(), delimiter="\t"))
    assert {row["forwardReads"] for row in rows} == {
        str(out / path) for path in joined if "_R1_" in path
    }
    assert_history(places.state / "history.db", places.jobs)
    tree, manifest = read_tree(out), (record_folder(out, job.id) / MANIFEST).read_bytes()
    assert start_again(robin, job) == 0
    assert read_tree(out) == tree
    assert (record_folder(out, job.id) / MANIFEST).read_bytes() == manifest


def test_a_command_after_each_sample_is_told_of_the_joined_files(
    robin: Shell, tmp_path: Path
) -> None:
    out, told = tmp_path / "out", tmp_path / "told"
    command = f'echo "$BSTUI_FILES" >> {told}'
    merge = ("--lanes", "merge", "--remove-lanes", "--on-sample", command)
    said = robin("import", TWO_LANES[0], "--to", str(out), *merge, *HERE)
    assert said.code == 0, said.err
    assert [Path(line).name for line in told.read_text().splitlines()] == [
        "zf-00h-1_S1_R1_001.fastq.gz",
        "zf-00h-1_S1_R2_001.fastq.gz",
    ]


def test_lanes_are_removed_when_asked_and_not_fetched_again(
    robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    wish = ("--lanes", "merge", "--remove-lanes", "--digest", "md5")
    assert robin("import", TWO_LANES[0], "--to", str(out), "--lanes", "merge", *HERE).code == 0
    lanes = {path: path.read_bytes() for path in out.rglob("*_L00*.fastq.gz")}
    other = tmp_path / "other"
    said = robin("import", TWO_LANES[0], "--to", str(other), *wish, *HERE)
    assert said.code == 0, said.err
    assert len(lanes) == 4
    left = {path.name for path in other.rglob("*.fastq.gz")}
    assert left == {"zf-00h-1_S1_R1_001.fastq.gz", "zf-00h-1_S1_R2_001.fastq.gz"}
    for path in other.rglob("*.fastq.gz"):
        assert path.read_bytes() == (out / path.relative_to(other)).read_bytes()
    job, asked = find_job(places.jobs, "last"), len(laboratory.requests())
    assert {file.path for file in records(other, job)} == set(joined_of(other, job))
    sums = record_folder(other, job.id).relative_to(other) / "md5sums.txt"
    assert subprocess.run(["md5sum", "-c", "--quiet", str(sums)], cwd=other).returncode == 0
    assert_history(places.state / "history.db", places.jobs)
    for word in ("zf-00h-1_S1_L001_R1_001.fastq.gz", "zf-00h-1_S1_R1_001.fastq.gz"):
        rows = robin("history", "--files", "--json", word, "--path", f"{other}*").rows
        assert {row["state"] for row in rows} == {"joined"}
        assert {Path(row["path"]).name for row in rows} == {"zf-00h-1_S1_R1_001.fastq.gz"}
        assert all(Path(row["path"]).is_file() and row["path"] == row["joined"] for row in rows)
        assert len(rows) == (1 if "L001" in word else 2)
    # An attempt that was killed between the joining and the removal left a lane's file.
    path = next(iter(lanes))
    forgotten = other / path.relative_to(out)
    forgotten.write_bytes(lanes[path])
    assert start_again(robin, job) == 0
    assert not forgotten.exists()
    assert len(laboratory.requests()) == asked
    # Once the joined file is gone too, its lanes are fetched again.
    next(other.rglob("*_R1_001.fastq.gz")).unlink()
    assert start_again(robin, job) == 0
    assert {path.name for path in other.rglob("*.fastq.gz")} == left
    assert len(laboratory.requests()) > asked
    assert_history(places.state / "history.db", places.jobs)


def test_a_lane_that_was_changed_is_not_joined(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "Zebrafish heart RNA-seq" / "zf-00h-1").mkdir(parents=True)
    taken = out / "Zebrafish heart RNA-seq" / "zf-00h-1" / "zf-00h-1_S1_R2_001.fastq.gz"
    taken.write_text("mine")
    said = robin("import", TWO_LANES[0], "--to", str(out), "--lanes", "merge", *HERE, "--json")
    assert said.code == 3, said.err
    assert said.rows[-1]["state"] == "incomplete"
    assert taken.read_text() == "mine"
    job = find_job(places.jobs, "last")
    assert [Path(path).name for path in joined_of(out, job)] == ["zf-00h-1_S1_R1_001.fastq.gz"]
    assert "is there already and is another file" in job.log.read_text()
    taken.unlink()
    assert start_again(robin, job) == 0
    assert len(joined_of(out, job)) == 2


def test_a_joined_file_is_proven_by_its_checksum(robin: Shell, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert robin("import", *TWO_LANES, "--to", str(out), "--lanes", "merge", *HERE).code == 0

    def joined() -> list[Checked]:
        return [one for one in check_files(files_on_record(out), out) if one.file.parts]

    assert {(one.verdict, one.proof) for one in joined()} == {(Verdict.SOUND, "crc32")}
    with (out / joined()[0].file.path).open("r+b") as file:
        file.write(b"x")
    assert [one.verdict for one in joined()].count(Verdict.CHANGED) == 1


def test_what_cannot_be_joined_is_refused_before_the_first_byte(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    to = ("--to", str(tmp_path / "out"))
    pool = ("--grouping", "single", "--sample", "Pool", "--lanes", "merge")
    said = robin("import", *TWO_LANES, *to, *pool, *HERE)
    assert said.code == 2
    assert "Pool: " in said.err
    for words in (
        ("--remove-lanes",),
        ("--lanes", "merge", "--grouping", "none"),
        ("--lanes", "merge", "--layout", "cellranger"),
    ):
        assert robin("import", *TWO_LANES, *to, *words, *HERE).code == 2
    assert not places.jobs.exists()
    assert not (tmp_path / "out").exists()
    merged = ("--lanes", "merge", "--dry-run")
    rows = robin("import", TWO_LANES[0], *to, *merged, "--json").rows
    assert {row["merged"].rpartition("/")[2] for row in rows} == {
        "zf-00h-1_S1_R1_001.fastq.gz",
        "zf-00h-1_S1_R2_001.fastq.gz",
    }


@pytest.mark.system
@pytest.mark.skipif(SAMTOOLS is None, reason="samtools is not there")
def test_samtools_reads_every_read_of_joined_files(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert robin("import", TWO_LANES[0], "--to", str(out), "--lanes", "merge", *HERE).code == 0
    one, other = sorted(out / path for path in joined_of(out, find_job(places.jobs, "last")))
    command = [str(SAMTOOLS), "import", "-O", "sam", "-1", str(one), "-2", str(other)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split("\t") for line in done.stdout.splitlines() if not line.startswith("@")]
    expected = [*reads_in(one), *reads_in(other)]
    assert sorted((line[0], line[9]) for line in lines) == sorted(
        (name.split()[0], bases) for name, bases in expected
    )
