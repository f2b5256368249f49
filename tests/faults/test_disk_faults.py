"""A disk that refuses: any error at any call, put there by strace or by the system's own limits.

The ids name the rows of the catalogue of faults (test_catalogue.py).
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from bstui.errors import NoSpace
from bstui.jobs.records import Options
from bstui.jobs.watch import JobWatch
from tests.faults.small_job import Job, plan, serving
from tests.faults.strace import require_strace, strace
from tests.lab import wait_for
from tests.oracle import assert_imported
from tests.transfer.bench import HOLDER, SMALL_RANGES, Bench
from tests.transfer.store import MIB, Store, make_bytes
from tests.transfer.store import serving as store_serving

DEEP, SMALL = "deep.fastq.gz", "folder/small.txt"
SIZES = {DEEP: 3 * MIB + 5, "small": 300_000}
ANY_WRITE = "pwrite64,pwritev,pwritev2"
"""At a place in the file: how bytes of files come."""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with store_serving(Store()) as store:
        for seed, (name, size) in enumerate(SIZES.items()):
            store.put(name, make_bytes(size, seed))
        yield Bench(store, tmp_path / "destination")


def asked_of(bench: Bench) -> str:
    """What the lone worker reads: one file of ranges, and a small one in a folder."""
    items = [bench.item(DEEP), bench.item("small", SMALL, number=1)]
    return json.dumps(
        {
            "port": bench.store.port,
            "destination": str(bench.destination),
            "holder": asdict(HOLDER),
            "limits": asdict(SMALL_RANGES),
            "items": [asdict(item) for item in items],
        }
    )


COMMAND = [sys.executable, "-m", "tests.transfer.lone_worker"]


def work_under(bench: Bench, tmp_path: Path, inject: tuple[str, ...], path: str) -> dict[str, str]:
    """Let the lone worker meet these faults at `path`; how files failed."""
    require_strace(tmp_path)
    (tmp_path / "asked").write_text(asked_of(bench))
    calls = ",".join(fault.partition(":")[0] for fault in inject)
    shell = ["sh", "-c", f'exec "$@" < {tmp_path / "asked"}', "sh", *COMMAND]
    paths = [path.format(out=bench.destination)]
    log = tmp_path / "trace"
    done = strace(shell, log, calls=calls, paths=paths, inject=inject, environ=HERE)
    assert done.returncode == 0, done.stderr
    assert "(INJECTED)" in log.read_text() or "(DELAYED)" in log.read_text(), "nothing was injected"
    failures: dict[str, str] = json.loads(done.stdout)
    return failures


HERE = {"PYTHONPATH": str(ROOT)}


@dataclass(frozen=True)
class Fault:
    inject: tuple[str, ...]
    path: str = "{out}/deep.fastq.gz.partial"
    """Where, as strace's -P takes it."""


PASSING = {
    "D1-write": Fault((f"{ANY_WRITE}:error=ENOSPC:when=2..5",)),
    "D1-record": Fault(("write:error=ENOSPC:when=1..2",), "{out}/deep.fastq.gz.partial.json"),
    "D1-fsync": Fault(("fsync:error=ENOSPC:when=1",)),
    "D1-create": Fault(("openat:error=ENOSPC:when=3..4",), "small.txt.partial"),
    "D1-folder": Fault(("mkdirat:error=ENOSPC:when=1..2",), "folder"),
    "D1-rename": Fault(("renameat2:error=ENOSPC:when=1",), DEEP),
    "D1-close": Fault(("close:error=ENOSPC:when=1",)),
    "D2-write": Fault((f"{ANY_WRITE}:error=EDQUOT:when=2..5",)),
    "D2-close": Fault(("close:error=EDQUOT:when=1",)),
    "D5-write": Fault((f"{ANY_WRITE}:error=EROFS:when=2..5",)),
    "D5-rename": Fault(("renameat2:error=EROFS:when=1",), DEEP),
    "D6-write": Fault((f"{ANY_WRITE}:error=ESTALE:when=2..3",)),
    "D6-open": Fault(("openat:error=ESTALE:when=1..2",), "small.txt.partial"),
    "D6-fsync": Fault(("fsync:error=ESTALE:when=1",)),
    "D7-write": Fault((f"{ANY_WRITE}:error=EIO:when=2",)),
    "D7-fsync": Fault(("fsync:error=EIO:when=1",)),
    "D7-fsync-of-the-folder": Fault(("fsync:error=EIO:when=1",), "{out}"),
    "D8-close": Fault(("close:error=EIO:when=1",)),
    "D10-slow-fsync": Fault(("fsync:delay_enter=500000:when=1+",)),
    "D13-no-fsync": Fault(("fsync:error=EINVAL:when=1+",)),
    "D13-no-rename-without-replacing": Fault(("renameat2:error=EINVAL:when=1+",), DEEP),
    "D13-no-links-either": Fault(
        ("renameat2:error=EINVAL:when=1+", "linkat:error=EPERM:when=1+"), DEEP
    ),
}


def assert_whole(bench: Bench) -> None:
    tree = bench.tree()
    assert set(tree) == {DEEP, SMALL}
    assert tree[DEEP] == bench.store.objects[DEEP].data
    assert tree[SMALL] == bench.store.objects["small"].data


@pytest.mark.system
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_a_disk_refuses_for_a_while_is_outlasted(
    fault: Fault, bench: Bench, tmp_path: Path
) -> None:
    assert work_under(bench, tmp_path, fault.inject, fault.path) == {}
    assert_whole(bench)


@pytest.mark.system
@pytest.mark.parametrize("call", ["fsync", "close"])
def test_after_a_failed_fsync_nothing_that_was_written_is_believed(
    call: str, bench: Bench, tmp_path: Path
) -> None:
    """D7, D8: it is fetched again, for nobody knows what is on disk."""
    path = PASSING["D7-fsync"].path
    assert work_under(bench, tmp_path, (f"{call}:error=EIO:when=1",), path) == {}
    assert_whole(bench)
    wait_for(lambda: bench.store.open_now == 0)
    # strace counts for each thread, so that it may fail in more than one.
    assert bench.store.sent(DEEP) >= 2 * SIZES[DEEP]


@pytest.mark.system
def test_a_name_on_another_device_fails_that_file(bench: Bench, tmp_path: Path) -> None:
    """D15: what is staged stands beside its name, so that it cannot happen; if it does, it is
    that file's failure."""
    failures = work_under(bench, tmp_path, ("renameat2:error=EXDEV:when=1+",), "small.txt")
    assert failures == {SMALL: "DestinationError"}
    assert bench.tree()[DEEP] == bench.store.objects[DEEP].data
    assert SMALL not in bench.tree()


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, 2 * MIB))


def test_a_file_that_is_too_large_here_fails_and_the_others_come(bench: Bench) -> None:
    """D4: by the system's own limit (`ulimit -f`)."""
    done = subprocess.run(
        COMMAND,
        input=asked_of(bench),
        env={**os.environ, **HERE},
        capture_output=True,
        text=True,
        preexec_fn=limit_files,
        check=True,
    )
    assert json.loads(done.stdout) == {DEEP: "DestinationError"}
    assert bench.tree()[SMALL] == bench.store.objects["small"].data
    assert DEEP not in bench.tree()


@pytest.fixture
def make_job(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    require_strace(tmp_path)
    with serving(tmp_path, {"Kidney_S1_L001_R1_001": 300}) as simulator:

        def make(**options: object) -> Job:
            home, state, out = (tmp_path / name for name in ("home", "state", "out"))
            return plan(simulator, home, state, out, Options(**options))  # type: ignore[arg-type]

        yield make


@pytest.mark.system
@pytest.mark.parametrize(
    ("file", "times"),
    [("worker.log", "1+"), ("events-0001.jsonl", "2..3"), (".progress.json.1", "1")],
)
def test_no_room_for_the_job_s_own_files_does_not_stop_the_data(
    file: str, times: str, make_job: Callable[..., Job], tmp_path: Path
) -> None:
    """D1: what people read is lost, what the next attempt reads is written later."""
    job = make_job()
    fault = f"write:error=ENOSPC:when={times}"
    path = str(job.folder.path / file)
    log = tmp_path / "trace"
    done = strace(
        job.command, log, calls="write", paths=[path], inject=[fault], environ=job.environ
    )
    assert "(INJECTED)" in log.read_text()
    assert done.returncode == 0, done.stderr
    assert_imported(job.folder, job.destination, job.truth())


@pytest.mark.system
def test_a_job_that_waits_too_long_for_room_gives_up_and_can_be_resumed(
    make_job: Callable[..., Job], tmp_path: Path
) -> None:
    """D1 with --give-up-after: exit code 5, and the next attempt brings all."""
    job = make_job(give_up_after=0.5)
    full = [f"{ANY_WRITE}:error=ENOSPC:when=1+"]
    done = strace(
        job.command, tmp_path / "trace", calls=ANY_WRITE, inject=full, environ=job.environ
    )
    assert done.returncode == NoSpace.exit_code == 5, done.stderr
    status = JobWatch(job.folder).refresh().status
    assert (status.state, status.exit_code, status.resumable) == ("stopped", 5, True)
    assert "room" in status.reason
    assert job.work() == 0
    assert_imported(job.folder, job.destination, job.truth())


@pytest.mark.system
def test_a_job_whose_disk_stays_full_gives_up_and_goes_on_where_there_is_room(
    make_job: Callable[..., Job],
) -> None:
    """D1 with --give-up-after, on a disk that really is full."""
    if os.geteuid() != 0:
        pytest.skip("needs root: only root can mount a small disk")
    job = make_job(give_up_after=0.5)
    job.destination.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=64k", "bstui-test", str(job.destination)]
    if subprocess.run(small, check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        assert job.work() == NoSpace.exit_code
        assert "room" in JobWatch(job.folder).refresh().status.reason
        larger = ["mount", "-o", "remount,size=64m", str(job.destination)]
        subprocess.run(larger, check=True)
        assert job.work() == 0
        assert_imported(job.folder, job.destination, job.truth())
    finally:
        subprocess.run(["umount", "-l", job.destination], check=True)
