"""`report`: what a job did, in three forms that say the same."""

import os
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bstui.jobs.account import Throughput
from bstui.jobs.events import EventLog
from bstui.jobs.folder import create_job
from bstui.jobs.records import FileDone, FileFailed, Outcome, Result, Started
from bstui.paths import Places
from tests.cli.running import Said, Shell
from tests.jobs.jobs import ID, make_files, make_header

HERE = ("--launch", "here", "--yes")
HOSTILE = '</td><script>alert("x")</script>\x1b[2J'


def by_record(said: Said) -> dict[str, list[dict[str, Any]]]:
    assert said.code == 0, said.err
    found = defaultdict(list)
    for row in said.rows:
        found[row["record"]].append(row)
    return found


def test_an_import_is_accounted_for_without_network(robin: Shell, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "out"), "--sheet", "rnaseq")
    assert robin("import", "biosample:Aorta-1", *to, *HERE, "--name", "first").code == 0
    os.environ["BSTUI_API_SERVER"] = "https://nowhere.invalid"
    rows = by_record(robin("report", "first", "--json"))
    (job,) = rows["job"]
    assert (job["state"], len(job["sources"])) == ("done", 1)
    assert job["files_done"] == job["files_fetched"] == job["files"]
    assert job["bytes_fetched"] == job["bytes"]
    assert sum(row["bytes"] for row in rows["throughput"]) == job["bytes"]
    assert sum(row["bytes"] for row in rows["proof"]) == job["bytes"]
    assert [row["sample"] for row in rows["sample"]] == ["Aorta-1"]
    assert [Path(row["path"]).name for row in rows["sheet"]] == ["rnaseq.csv"]
    assert not rows["failure"]
    said = robin("report", "first")
    assert said.code == 0
    assert "Aorta-1" in said.out
    assert "rnaseq.csv" in said.out


def test_the_page_is_whole_in_itself_and_overwrites_nothing(robin: Shell, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "out"))
    assert robin("import", "biosample:Aorta-1", *to, *HERE).code == 0
    page = tmp_path / "report.html"
    said = robin("report", "last", "--html", str(page))
    assert said.code == 0, said.err
    text = page.read_text()
    drawing = ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])
    assert drawing.findall("rect")
    assert not any(word in text for word in ("<script", "<link", "<img", " src=", " href="))
    assert "default-src 'none'" in text
    assert robin("report", "last", "--html", "-").out.startswith("<!DOCTYPE html>")
    assert robin("report", "last", "--html", str(page)).code == 2
    assert page.read_text() == text
    assert robin("report", "last", "--html", str(tmp_path / "no" / "x.html")).code == 1
    assert robin("report", "last", "--html", "-", "--json").code == 2
    assert robin("report", "last", "--tsv").code == 2
    assert robin("report", "nonesuch").code == 1


def test_hostile_names_and_failures(shell: Shell, places: Places) -> None:
    folder = create_job(places.jobs, make_header(name="evil" + HOSTILE), make_files())
    log = EventLog(folder.claim(1))
    log.write(Started(time=1.0, attempt=1, host=HOSTILE, pid=7, start_time=9, boot_id="b"))
    log.write(FileDone(time=1e10, id="r0", path="a", size=100, verified="etag" + HOSTILE))
    log.write(FileFailed(time=2.0, id="r1", path=HOSTILE, message="It is broken."))
    log.close()
    ended = Result(attempt=1, time=3.0, outcome=Outcome.INCOMPLETE, files=3, files_failed=1)
    folder.write_result(ended)
    page = shell("report", ID, "--html", "-")
    assert page.code == 0, page.err
    assert "<script" not in page.out
    assert "&lt;script&gt;" in page.out
    assert "It is broken." in page.out
    said = shell("report", ID)
    assert "It is broken." in said.out
    assert "\x1b" not in said.out + page.out
    (failure,) = by_record(shell("report", ID, "--json"))["failure"]
    assert (failure["id"], failure["path"]) == ("r1", HOSTILE)


def test_lanes_that_were_joined_and_removed(robin: Shell, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "out"), "--lanes", "merge", "--remove-lanes")
    said = robin("import", "biosample:zf-00h-1", *to, *HERE)
    assert said.code == 0, said.err
    rows = by_record(robin("report", "last", "--json"))
    standing = [path for path in (tmp_path / "out").rglob("*.fastq.gz") if path.is_file()]
    (sample,) = rows["sample"]
    assert sample["files"] == len(standing) < rows["job"][0]["files_fetched"]
    assert sample["bytes"] == sum(path.stat().st_size for path in standing)


def test_a_job_that_nobody_has_begun(shell: Shell, places: Places) -> None:
    create_job(places.jobs, make_header(), make_files())
    assert "Nothing was fetched." in shell("report", ID, "--html", "-").out
    assert by_record(shell("report", ID, "--json")).keys() == {"job"}
    assert shell("report", ID).code == 0


@given(st.lists(st.tuples(st.floats(-1e6, 1e12), st.integers(0, 1 << 50))))
def test_throughput_loses_no_byte_and_stays_small(files: list[tuple[float, int]]) -> None:
    through = Throughput(0.0)
    for moment, size in files:
        through.add(moment, size)
    assert sum(through.spans) == sum(size for _, size in files)
    assert len(through.spans) <= 240
