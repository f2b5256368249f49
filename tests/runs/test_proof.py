"""A run with one thing wrong is reported as just that; a whole one is complete."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from bstui.runs.choice import Choice, parse_choice
from bstui.runs.completeness import Completeness, Verdict
from bstui.runs.proof import Stopped, prove_run
from bstui.simulator.bgzf import NAMES, named
from tests.runs.folders import EXPERIMENTS, RunFolder, linked, write_runs


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunFolder]:
    return write_runs(tmp_path_factory.mktemp("runs"), *EXPERIMENTS)


@pytest.fixture(params=EXPERIMENTS)
def run(request: pytest.FixtureRequest, whole: dict[str, RunFolder], tmp_path: Path) -> RunFolder:
    """A copy to be broken."""
    return linked(whole[request.param], tmp_path / "run")


EVERYTHING = parse_choice("everything", [], [])


def prove(run: RunFolder, files: list[tuple[str, int]] | None = None) -> Completeness:
    return prove_run(run.path, run.files if files is None else files, EVERYTHING)


def relative(run: RunFolder, path: Path) -> str:
    return str(path.relative_to(run.path))


def test_a_whole_run_is_complete(run: RunFolder) -> None:
    proof = prove(run)
    assert proof.verdict is Verdict.COMPLETE, proof.text
    assert proof.lines == []
    assert proof.files == proof.files_landed == len(run.files)
    assert proof.odd_cycles == ()
    for part in proof.parts:
        assert part.expected == part.listed == part.landed > 0
    calls = next(part for part in proof.parts if part.part == "base calls")
    assert calls.expected == sum(lane.expected for lane in proof.by_lane)
    assert proof.end_markers


def test_a_file_that_is_removed_is_missing_here(run: RunFolder) -> None:
    files, gone = run.files, run.find("/BaseCalls/L001/")
    gone.unlink()
    proof = prove(run, files)
    assert proof.verdict is Verdict.MISSING_HERE
    assert proof.lines == [f"missing here: {relative(run, gone)}"]
    (odd,) = proof.odd_cycles
    assert (odd.lane, odd.cycle) == (1, 3)
    assert odd.expected == odd.listed == odd.landed + 1


def test_a_file_that_was_never_listed_is_missing_at_basespace(run: RunFolder) -> None:
    gone = run.find("/BaseCalls/L001/")
    gone.unlink()
    proof = prove(run)
    assert proof.verdict is Verdict.MISSING_AT_SOURCE
    assert proof.lines == [f"missing at BaseSpace: {relative(run, gone)}"]
    (odd,) = proof.odd_cycles
    assert (odd.lane, odd.cycle) == (1, 3)
    assert odd.expected == odd.listed + 1 == odd.landed + 1


@pytest.mark.parametrize("part", ["/BaseCalls/L001/", ".filter", ".locs"])
@pytest.mark.parametrize("is_listed_short", [True, False])
def test_a_file_that_is_cut_is_truncated(run: RunFolder, part: str, is_listed_short: bool) -> None:
    files, cut = run.files, run.find(part)
    run.write(cut, cut.read_bytes()[:-1])
    proof = prove(run, None if is_listed_short else files)
    (finding,) = proof.findings
    assert (finding.path, finding.kind) == (relative(run, cut), "truncated")
    assert finding.where == ("at BaseSpace" if is_listed_short else "here")
    assert proof.verdict is Verdict.DAMAGED
    assert proof.damaged == len(proof.lines) == 1


def test_a_count_that_is_flipped_is_damage(run: RunFolder) -> None:
    flipped = run.find("/BaseCalls/L001/")
    data = bytearray(flipped.read_bytes())
    if flipped.suffix in (".bcl", ".cbcl"):
        data[2] ^= 0x41
    else:  # the first byte that is stored in gzip
        (count,) = struct.unpack("<I", gzip.decompress(data)[:4])
        data[data.index(struct.pack("<I", count)) + 1] ^= 0x41
    run.write(flipped, bytes(data))
    proof = prove(run)
    (finding,) = proof.findings
    assert (finding.path, finding.kind) == (relative(run, flipped), "damaged"), finding


def test_another_file_of_the_wrong_size_is_found_too(run: RunFolder) -> None:
    files, log = run.files, run.find("InterOp/")
    run.write(log, log.read_bytes() + b"x")
    (finding,) = prove(run, files).findings
    assert (finding.path, finding.kind) == (relative(run, log), "too long")


def test_what_is_altered_is_asked_for_every_file_that_is_there(run: RunFolder) -> None:
    asked: list[str] = []
    bad = run.files[5][0]

    def is_altered(path: str, found: object) -> str:
        asked.append(path)
        return "it is" if path == bad else ""

    proof = prove_run(run.path, run.files, EVERYTHING, is_altered=is_altered)
    assert [(one.path, one.kind) for one in proof.findings] == [(bad, "altered")]
    assert sorted(asked) == [path for path, _ in run.files]


def test_a_whole_cycle_that_is_missing(run: RunFolder) -> None:
    files = [
        (path, size) for path, size in run.files if "/C7.1/" not in path and "/0007." not in path
    ]
    proof = prove(run, files)
    assert proof.verdict is Verdict.MISSING_AT_SOURCE
    assert {odd.cycle for odd in proof.odd_cycles} == {7}
    assert {odd.lane for odd in proof.odd_cycles} == {lane.lane for lane in proof.by_lane}
    assert all(odd.listed == 0 < odd.expected for odd in proof.odd_cycles)


def test_what_the_choice_leaves_out_is_not_missing(run: RunFolder) -> None:
    choice = parse_choice("demultiplexing", [], ["C5.1/", "0005.*"])
    files = [(path, size) for path, size in run.files if choice.takes(path)]
    proof = prove_run(run.path, files, choice)
    assert proof.verdict is Verdict.AS_CHOSEN, proof.text
    assert proof.not_chosen > 0
    assert proof.lines == []


def test_metrics_alone_are_complete_as_chosen(run: RunFolder) -> None:
    choice = parse_choice("metrics", [], [])
    files = [(path, size) for path, size in run.files if choice.takes(path)]
    proof = prove_run(run.path, files, choice)
    assert proof.verdict is Verdict.AS_CHOSEN, proof.text


def without_run_info(run: RunFolder) -> None:
    (run.path / "RunInfo.xml").unlink()


def broken_run_info(run: RunFolder) -> None:
    run.write(run.path / "RunInfo.xml", b"<RunInfo><Run Id='1'>")


def linked_run_info(run: RunFolder) -> None:
    without_run_info(run)
    (run.path / "RunInfo.xml").symlink_to("/dev/zero")


@pytest.mark.parametrize("spoil", [without_run_info, broken_run_info, linked_run_info])
def test_without_a_run_info_nothing_is_proven(
    run: RunFolder, spoil: Callable[[RunFolder], None]
) -> None:
    files = [(path, size) for path, size in run.files if path != "RunInfo.xml"]
    spoil(run)
    proof = prove(run, files)
    assert proof.verdict is Verdict.NOT_PROVEN
    assert "RunInfo.xml cannot be used" in proof.text


def test_a_run_without_end_marker_says_so(run: RunFolder) -> None:
    for name in ("RTAComplete.txt", "RTAComplete.xml", "SequenceComplete.txt", "CopyComplete.txt",
                 "RunCompletionStatus.xml"):  # fmt: skip
        (run.path / name).unlink(missing_ok=True)
    proof = prove(run)
    assert proof.verdict is Verdict.COMPLETE
    assert "no end marker is there" in proof.text


def test_it_can_be_broken_off(run: RunFolder) -> None:
    with pytest.raises(Stopped):
        prove_run(run.path, run.files, Choice(), is_stopped=lambda: True)


def test_a_link_in_place_of_a_file_is_no_file(run: RunFolder) -> None:
    files, linked = run.files, run.find("/BaseCalls/L001/")
    linked.rename(run.path / "elsewhere")
    linked.symlink_to(run.path / "elsewhere")
    assert prove(run, files).missing_here_paths == (relative(run, linked),)


@pytest.mark.parametrize("way", NAMES)
def test_the_names_of_bgzf_files_vary(
    whole: dict[str, RunFolder], tmp_path: Path, way: str
) -> None:
    run = linked(whole["bgzf"], tmp_path / "run")
    for path, _ in run.files:
        (run.path / path).rename(run.path / named(path, way))
    assert prove(run).verdict is Verdict.COMPLETE
    gone = run.find("BaseCalls/L001/0003.")
    gone.unlink()
    assert prove(run).missing_at_basespace_paths == (relative(run, gone),)


@pytest.mark.parametrize("form", ["clocs", "_pos.txt", "none"])
def test_positions_of_other_forms(whole: dict[str, RunFolder], tmp_path: Path, form: str) -> None:
    run = linked(whole["bcl.gz"], tmp_path / "run")
    for path, _ in run.files:
        if path.endswith(".locs"):
            old = run.path / path
            if form == "clocs":
                old.with_suffix(".clocs").write_bytes(struct.pack("<BI", 1, 3) + b"\0\0\0")
            elif form == "_pos.txt":
                (run.path / "Data/Intensities" / f"{old.stem}_pos.txt").write_text("1 2\n")
            old.unlink()
    proof = prove(run)
    if form == "none":
        assert proof.missing_at_basespace_paths == ("Data/Intensities/s.locs",)
    else:
        assert proof.verdict is Verdict.COMPLETE, proof.lines


def test_tiles_that_are_only_counted_may_be_called_otherwise(
    whole: dict[str, RunFolder], tmp_path: Path
) -> None:
    run = linked(whole["bcl"], tmp_path / "run")
    for path, _ in run.files:
        (run.path / path).rename(run.path / path.replace("_1101", "_0001"))
    assert prove(run).verdict is Verdict.COMPLETE
