"""What the history answers."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bstui.errors import NotFound
from bstui.history import History, Narrowing, Totals
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import Outcome, PlanFile
from bstui.paths import Places
from tests.history.past import (
    START,
    attempt,
    done,
    failed,
    finished_job,
    merged,
    plan_job,
    planned_file,
)


@pytest.fixture
def history(places: Places) -> Iterator[History]:
    places.state.mkdir(parents=True)
    with History(places.state / "history.db") as opened:
        yield opened


def tumour(number: int) -> PlanFile:
    return planned_file(number + 100, sample="tumour_50%")


def two_jobs(jobs_dir: Path) -> tuple[JobFolder, JobFolder]:
    return (
        finished_job(jobs_dir, 3, name="Genomes-2025-08-25", destination="/data/one"),
        finished_job(jobs_dir, 2, tumour, name="Cancer-2025-08-26", created=START + 86_400),
    )


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Cancer-2025-08-26", "Genomes-2025-08-25"]),
        ("genomes-2025", ["Genomes-2025-08-25"]),
        ("Ada 250811", ["Cancer-2025-08-26", "Genomes-2025-08-25"]),
        ("ada tumour", ["Cancer-2025-08-26"]),
        ("ada nobody", []),
        ("50%", ["Cancer-2025-08-26"]),
        ("5_%", []),
        ("\\", []),
        ("/data/one", ["Genomes-2025-08-25"]),
        ("r101", ["Cancer-2025-08-26"]),
        ("r10", []),
        ("L001_R2.fastq.gz", ["Genomes-2025-08-25"]),
        ("L001_R2", []),
        ("b-NA12878", ["Genomes-2025-08-25"]),
        ("done'; DROP TABLE jobs", []),
    ],
)
def test_search(history: History, places: Places, search: str, found: list[str]) -> None:
    two_jobs(places.jobs)
    history.catch_up(places.jobs)
    assert [job.name for job in history.jobs(search)] == found


def test_newest_first_and_a_limit(history: History, places: Places) -> None:
    two_jobs(places.jobs)
    history.catch_up(places.jobs)
    assert [job.name for job in history.jobs(limit=1)] == ["Cancer-2025-08-26"]


def test_an_unknown_job(history: History) -> None:
    with pytest.raises(NotFound, match="knows no job 'x'"):
        history.job("x")
    assert list(history.files_of("x")) == []
    assert history.samples_of("x") == []


def test_imported_files(history: History, places: Places, tmp_path: Path) -> None:
    first, second = [
        plan_job(places.jobs, [planned_file(0), planned_file(1)], destination=place, created=when)
        for place, when in ((str(tmp_path), START), ("/elsewhere", START + 9))
    ]
    attempt(first, 1, [done(planned_file(0)), failed(planned_file(1))], Outcome.INCOMPLETE)
    attempt(second, 1, [done(planned_file(0), moment=START)])
    history.catch_up(places.jobs)
    found = history.imported(["r0", "r1", "r2"])
    assert set(found) == {"r0"}
    where = found["r0"]
    assert (where.job, where.verified, where.time) == (first.id, "etag", START + 20)
    assert where.place == f"{tmp_path}/{planned_file(0).path}"
    assert not where.is_there()
    Path(where.place).parent.mkdir(parents=True)
    Path(where.place).write_bytes(b"x" * 99)
    assert not where.is_there()
    Path(where.place).write_bytes(b"x" * 100)
    assert where.is_there()


def test_imported_asks_for_any_number_of_files(history: History, places: Places) -> None:
    finished_job(places.jobs, 1_200)
    history.catch_up(places.jobs)
    assert len(history.imported([f"r{number}" for number in range(3_000)])) == 1_200
    assert history.imported([]) == {}


def test_imported_runs(history: History, places: Places) -> None:
    files = [planned_file(0, "whole"), planned_file(1, "whole"), planned_file(2, "part")]
    files.append(msgspec.structs.replace(planned_file(3, "part"), run="another"))
    folder = plan_job(places.jobs, files)
    attempt(folder, 1, [done(file) for file in files[:3]])
    history.catch_up(places.jobs)

    def runs(name: str) -> list[str]:
        found = history.imported_runs(["b-whole", "b-part", "b-never"])
        return [one.run for one in found.get(name, [])]

    [whole] = history.imported_runs(["b-whole"])["b-whole"]
    assert (whole.path, whole.run) == (files[0].path, "250811_A00912")
    assert (runs("b-part"), runs("b-never")) == (["250811_A00912"], [])
    attempt(folder, 2, [done(files[3])])
    history.catch_up(places.jobs)
    assert set(runs("b-part")) == {"250811_A00912", "another"}
    (part, _) = history.samples_of(folder.id)
    assert (part.name, part.runs, part.files) == ("part", ("250811_A00912", "another"), 2)


def test_totals(history: History, places: Places) -> None:
    assert history.totals() == Totals(jobs=0, samples=0, files_done=0, bytes_done=0, since=None)
    two_jobs(places.jobs)
    history.catch_up(places.jobs)
    assert history.totals() == Totals(jobs=2, samples=2, files_done=5, bytes_done=500, since=START)


def test_files_are_read_in_pages(history: History, places: Places) -> None:
    folder = finished_job(places.jobs, 5_001)
    history.catch_up(places.jobs)
    ids = [file.id for file in history.files_of(folder.id)]
    assert ids == [f"r{number}" for number in range(5_001)]


def test_threads_share_it(history: History, places: Places) -> None:
    """One catches up, others ask; nobody is refused and nobody sees half a transaction."""
    folders = [finished_job(places.jobs, 200, created=START + n) for n in range(10)]
    problems: list[BaseException] = []
    is_through = threading.Event()

    def ask() -> None:
        try:
            while not is_through.is_set():
                for job in history.jobs("genomes"):
                    assert job.files_done in (0, 200)
                history.cache().put("key", b"body")
                assert history.cache().get("key")
        except BaseException as error:
            problems.append(error)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for thread in askers:
        thread.start()
    changed = history.catch_up(places.jobs).changed
    is_through.set()
    for thread in askers:
        thread.join()
    assert changed == {folder.id for folder in folders}
    assert not problems


def test_closing_breaks_a_catch_up_off(places: Places) -> None:
    finished_job(places.jobs, 30_000)
    history = History(places.state / "history.db")
    began = threading.Event()
    ended: list[bool] = []

    def keep_going() -> bool:
        began.set()
        return True

    def catch_up() -> None:
        ended.append(history.catch_up(places.jobs, keep_going).is_whole)

    thread = threading.Thread(target=catch_up)
    thread.start()
    assert began.wait(90)
    history.close()
    thread.join()
    assert ended == [False]


@pytest.mark.parametrize("removes", [True, False])
def test_lanes_that_were_joined(
    history: History, places: Places, tmp_path: Path, removes: bool
) -> None:
    files = [planned_file(number) for number in range(3)]
    job = plan_job(places.jobs, files, destination=str(tmp_path))
    whole = "Genomes/NA12878/whole.fastq.gz"
    joined = merged(files[:2], whole, removes=removes)
    attempt(job, 1, [*map(done, files), joined], Outcome.DONE)
    history.catch_up(places.jobs)
    found = list(history.files_of(job.id))
    assert [file.joined for file in found] == [whole, whole, ""]
    assert [file.path for file in found] == [file.path for file in files]
    assert [file.place == whole for file in found] == [removes, removes, False]
    for words in (whole, "whole.fastq", files[0].path):
        assert [one.id for one in history.jobs(words)] == [job.id]
    for path in (whole, files[0].path):
        narrowing = Narrowing(path=f"{tmp_path}/{path}")
        assert [one.id for one in history.jobs(narrowing=narrowing)] == [job.id]
    imported = history.imported([file.id for file in files])
    assert (imported["r0"].path, imported["r0"].size) == (
        (whole, 200) if removes else (files[0].path, 100)
    )
    assert (imported["r2"].path, imported["r2"].size) == (files[2].path, 100)
    (run,) = history.imported_runs(["b-NA12878"])["b-NA12878"]
    assert (run.path, run.size) == (imported["r0"].path, imported["r0"].size)


def test_a_lane_that_was_fetched_again_is_joined_no_more(history: History, places: Places) -> None:
    files = [planned_file(number) for number in range(2)]
    job = plan_job(places.jobs, files)
    attempt(job, 1, [*map(done, files), merged(files, "whole.fastq.gz", removes=True)])
    attempt(job, 2, [done(files[0])])
    history.catch_up(places.jobs)
    assert [file.is_removed for file in history.files_of(job.id)] == [False, True]


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="SQLite drops no columns")
def test_a_history_that_knew_no_joined_files_reads_of_them(places: Places) -> None:
    places.state.mkdir(parents=True)
    path = places.state / "history.db"
    files = [planned_file(number) for number in range(2)]
    job = plan_job(places.jobs, files)
    attempt(job, 1, [*map(done, files), merged(files, "whole", removes=True)], Outcome.DONE)
    with History(path) as history:
        history.catch_up(places.jobs)
        known = list(history.files_of(job.id))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for column in ("joined", "joined_size", "is_removed"):
            connection.execute(f"ALTER TABLE files DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 2")
    with History(path) as history:
        history.catch_up(places.jobs)
        assert list(history.files_of(job.id)) == known
        assert {file.place for file in known} == {"whole"}
