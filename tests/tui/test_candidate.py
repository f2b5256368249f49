"""What a list says of a biosample under the source it was opened from."""

import pytest

from bstui.basespace.models import Biosample, BiosampleDetail, Project, Reference, Run
from bstui.history import ImportedRun
from bstui.tui.screens.candidate import candidate, place_on_disk

KIDNEY = Biosample(id="b1", name="Kidney-2")
PANEL = Project(id="p1", name="Panel")
FIRST, TOP_UP = Run(id="r1", name="260101_A"), Run(id="r2", name="260202_B")
BOTH = BiosampleDetail(
    id="b1",
    datasets=2,
    runs=(Reference(id="r1", name="260101_A"), Reference(id="r2", name="260202_B")),
)


def held(run: str, project: str = "Panel", time: float = 1.0) -> ImportedRun:
    return ImportedRun(
        job="j", job_name="j", destination=f"/{time:.0f}", path=run or "x", size=1, verified="etag",
        time=time, project=project, run=run,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "imported", "place"),
    [
        (FIRST, [held("260101_A")], "/1/260101_A"),
        (FIRST, [held("260202_B")], ""),
        (FIRST, [held("260101_A", "Another")], "/1/260101_A"),
        (FIRST, [held("260101_A"), held("260101_A", time=2.0)], "/2/260101_A"),
        (PANEL, [held("260101_A")], ""),
        (PANEL, [held("260202_B", time=2.0), held("260101_A")], "/2/260202_B"),
        (PANEL, [held("260202_B"), held("260101_A", "Another")], ""),
        (PANEL, [held("260101_A+260202_B")], "/1/260101_A+260202_B"),
        (PANEL, [], ""),
    ],
)
def test_a_biosample_is_on_disk_only_with_all_that_its_mark_means(
    source: Project | Run, imported: list[ImportedRun], place: str
) -> None:
    one = candidate(KIDNEY, source)
    assert place_on_disk(one, BOTH, imported) == place
    assert place_on_disk(one, None, imported) == "", "not before its runs are known"


def test_fastq_of_no_known_run_is_on_disk_by_its_project() -> None:
    detail = BiosampleDetail(id="b1", datasets=1)
    assert place_on_disk(candidate(KIDNEY, PANEL), detail, [held("")]) == "/1/x"
    assert place_on_disk(candidate(KIDNEY, PANEL), detail, [held("260101_A")]) == ""
    empty = BiosampleDetail(id="b1")
    assert place_on_disk(candidate(KIDNEY, PANEL), empty, [held("")]) == ""
