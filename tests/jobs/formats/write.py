"""Write the fixture of the format that this program writes: `python -m tests.jobs.formats.write`.

It is made once, before a format is released, and kept: what reads folders must read it for ever.
Two jobs: a real import of a blank, and one with a record of every kind. The data is not kept.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

from bstui.cli import run
from bstui.jobs.events import EventLog
from bstui.jobs.folder import create_job
from bstui.jobs.manifest import RECORDS
from bstui.jobs.records import (
    FORMAT,
    Control,
    FileDone,
    FileFailed,
    Launch,
    Launcher,
    Left,
    Merged,
    Noted,
    Outcome,
    Phase,
    Progress,
    Ran,
    Result,
    Running,
    Started,
    Unpacked,
    Want,
)
from bstui.paths import find_places
from tests.jobs.jobs import make_files, make_header
from tests.lab import simulator_process

FORMATS = Path(__file__).parent


def main() -> None:
    target = FORMATS / str(FORMAT)
    with tempfile.TemporaryDirectory() as scratch:
        home, data = Path(scratch, "home"), Path(scratch, "data")
        home.mkdir()
        for name in [name for name in os.environ if name.startswith(("BSTUI_", "XDG_"))]:
            del os.environ[name]
        os.environ["HOME"] = str(home)
        jobs = find_places(os.environ).jobs
        _import_a_blank(data)
        _write_every_record(jobs)
        shutil.copytree(jobs, target / "jobs", ignore=shutil.ignore_patterns(".naming"))
        shutil.copytree(data / RECORDS, target / "records")
        for path in target.rglob("*"):
            if path.is_file():
                path.write_text(_impersonal(path.read_text(), data))


def _import_a_blank(data: Path) -> None:
    chosen = ("--name", "blank", "--sheet", "rnaseq", "--digest", "md5", "--launch", "here")
    after = ("--on-sample", "true", "--on-done", "true", "--yes")
    with simulator_process() as simulator:
        os.environ.update(simulator.environment)
        assert run(("import", "biosample:NTC", "--to", str(data), *chosen, *after)) == 0


def _write_every_record(jobs: Path) -> None:
    job = create_job(jobs, make_header(name="every-record"), make_files())
    job.add_launch(Launch(time=1.0, launcher=Launcher.SLURM, host="a", attempt=1, native_id="7"))
    job.add_control(
        lambda wish: Control(want=Want.PAUSE, bwlimit="08:00,1M", concurrent_files=4, time=2.0)
    )
    events = EventLog(job.claim(1))
    for event in (
        Started(time=3.0, attempt=1, host="a", pid=7, start_time=9, boot_id="b", slurm_id="7"),
        FileDone(time=4.0, id="r0", path="p/s/r0", size=100, verified="etag", md5="0" * 32),
        Merged(time=5.0, path="p/s/joined", size=200, parts=("r0", "r1"), crc32="0" * 8),
        Unpacked(time=6.0, path="p/RunInfo.xml", size=10, crc32="0" * 8, source="r2"),
        FileFailed(time=7.0, id="r1", path="p/s/r1", message="It is broken.", hint="Resume."),
        Noted(time=8.0, text="A note.", level="warning"),
        Ran(time=9.0, after="sample", sample="s", exit_code=3),
        Left(time=10.0, reason="time limit", exit_code=3),
    ):
        events.write(event)
    events.close()
    running = Running(id="r2", path="p/s/r2", size=100, done=50, rate=1.0)
    beat = Progress(attempt=1, time=9.5, phase=Phase.WAITING, reason="room", running=(running,))
    job.write_progress(beat)
    second = EventLog(job.claim(2))
    second.write(Started(time=11.0, attempt=2, host="a", pid=8, start_time=10, boot_id="b"))
    second.write(Left(time=12.0, reason="done"))
    second.close()
    outcome = Outcome.INCOMPLETE
    ended = Result(attempt=2, time=12.0, outcome=outcome, files=3, files_done=2, files_failed=1)
    job.write_result(ended)
    job.log.write_text("1970-01-01T00:00:03Z WARNING A note.\n")


def _impersonal(text: str, data: Path) -> str:
    """Without what only names the machine that it was written on."""
    text = text.replace(str(data), "/data").replace(os.uname().nodename, "node1")
    text = re.sub(r'("user": *)"[^"]*"', r'\1"ada"', text)
    text = re.sub(r'"boot_id":"[0-9a-f-]{36}"', '"boot_id":"' + "0" * 32 + '"', text)
    return re.sub(r'"pid":\d+|process \d+', lambda found: re.sub(r"\d+", "7", found[0]), text)


if __name__ == "__main__":
    main()
