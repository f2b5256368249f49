"""The command lines of bstui's worker and of the programs beside it."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bstui.jobs.folder import create_job
from bstui.jobs.identifiers import new_id
from bstui.jobs.records import FORMAT, Options, PlanFile, PlanHeader
from bstui.paths import find_places
from tests.benchmarks.transfer.data import QUERY, Collection
from tests.benchmarks.transfer.measure import Contender
from tests.benchmarks.transfer.serving import file_id

Commands = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Course:
    """What is to be fetched, from where, and what is to be true afterwards."""

    home: Path
    """For certificate, lists and job folders."""
    collection: Collection
    port: int
    api_port: int
    is_durable: bool
    is_verified: bool

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> str:
        return str(self.home / "cert.pem")

    @property
    def names(self) -> list[str]:
        return [Path(file.path).name for file in self.collection.files]

    def url(self, number: int) -> str:
        return f"{self.base}/{self.collection.files[number].path}{QUERY}"


def bstui(
    course: Course, name: str = "bstui", *, files: int | None = None, parts: int | None = None
) -> Contender:
    """The real worker, from its start to its end, on a job of this course."""
    environment = {
        "HOME": str(course.home),
        "BSTUI_SITE_CONFIG": "",
        "BSTUI_STATE_DIR": str(course.home / "state"),
        "BSTUI_API_SERVER": f"http://127.0.0.1:{course.api_port}",
        "BSTUI_ACCESS_TOKEN": "benchmark",
        "BSTUI_CA_BUNDLE": course.ca_file,
    }

    options = Options(
        bcl=True,
        verify="server" if course.is_verified else "none",
        concurrent_files=files,
        concurrent_parts=parts,
    )

    def commands(folder: Path) -> Commands:
        job = _plan(course, folder, environment, options)
        return [[sys.executable, "-m", "bstui", "worker", str(job)]]

    return Contender(name, commands, _checker(course), environment)


def _plan(course: Course, folder: Path, environment: Mapping[str, str], options: Options) -> Path:
    files = [
        PlanFile(
            id=file_id(course.collection, number),
            name=Path(file.path).name,
            path=Path(file.path).name,
            size=file.size,
            etag=file.etag,
        )
        for number, file in enumerate(course.collection.files)
    ]
    header = PlanHeader(
        format=FORMAT,
        id=new_id(time.time()),
        name="benchmark",
        created=time.time(),
        profile="env-benchmark",
        region="other",
        identity_id="1",
        identity="Benchmark",
        destination=str(folder),
        options=options,
        files=len(files),
        bytes=course.collection.bytes,
        sources=(f"run:{course.collection.name}",),
    )
    jobs = find_places({**os.environ, **environment}).jobs
    shutil.rmtree(jobs, ignore_errors=True)
    return create_job(jobs, header, files).path


def curl(course: Course) -> Contender:
    """One file, one connection."""
    command = ["curl", "-sS", "--cacert", course.ca_file, "-o", course.names[0], course.url(0)]
    return _peer(course, "curl -o", lambda _: [command])


def curl_ranges(course: Course, count: int) -> Contender:
    """One file in `count` ranges at once, each a file of its own, which nobody joins."""
    size = course.collection.bytes
    lines = []
    for number in range(count):
        start, stop = size * number // count, size * (number + 1) // count
        lines += [f'url = "{course.url(0)}"', f'output = "range-{number}"']
        lines += [f"range = {start}-{stop - 1}", f'cacert = "{course.ca_file}"', "next"]
    listed = course.home / "ranges.curl"
    listed.write_text("\n".join(lines[:-1]) + "\n")
    command = [
        "curl",
        "-sS",
        "--no-progress-meter",
        "-Z",
        "--parallel-immediate",
        "--parallel-max",
        str(count),
    ]
    return _peer(course, f"curl -Z, {count} ranges", lambda _: [[*command, "-K", str(listed)]])


def curl_files(course: Course, count: int) -> Contender:
    """Many files, `count` at once."""
    listed = course.home / f"{course.collection.name}-{course.port}.curl"
    lines = [
        f'url = "{course.url(number)}"\noutput = "{name}"'
        for number, name in enumerate(course.names)
    ]
    listed.write_text("\n".join(lines) + "\n")
    command = [
        "curl",
        "-sS",
        "--no-progress-meter",
        "-Z",
        "--parallel-max",
        str(count),
        "--cacert",
        course.ca_file,
    ]
    return _peer(
        course, f"curl -Z --parallel-max {count}", lambda _: [[*command, "-K", str(listed)]]
    )


def aria2(course: Course, *flags: str) -> Contender:
    listed = course.home / f"{course.collection.name}-{course.port}.aria2"
    lines = [f"{course.url(number)}\n  out={name}" for number, name in enumerate(course.names)]
    listed.write_text("\n".join(lines) + "\n")

    def commands(folder: Path) -> Commands:
        quiet = ["--no-conf", "-q", "--summary-interval=0", f"--ca-certificate={course.ca_file}"]
        return [["aria2c", *quiet, "-d", str(folder), *flags, "-i", str(listed)]]

    return _peer(course, " ".join(["aria2c", *flags]), commands)


def rclone(course: Course, *flags: str) -> Contender:
    def commands(folder: Path) -> Commands:
        place = ["--ca-cert", course.ca_file, "--http-url", course.base, "--config", "/dev/null"]
        source = f":http:{course.collection.name}"
        return [["rclone", "copy", *place, "--no-check-dest", "-q", *flags, source, str(folder)]]

    return _peer(course, " ".join(["rclone copy", *flags]), commands)


def _peer(course: Course, name: str, commands: Callable[[Path], Commands]) -> Contender:
    """Another program, followed by what makes its files as good as ours."""

    def all_commands(folder: Path) -> Commands:
        after: list[list[str]] = []
        if course.is_durable:
            after.append(["sync", "--file-system", str(folder)])
        if course.is_verified:
            after.append(["sh", "-c", "md5sum -- *"])
        return [*commands(folder), *after]

    words = [name, *["sync"] * course.is_durable, *["md5sum"] * course.is_verified]
    return Contender(", ".join(words), all_commands, _checker(course))


def _checker(course: Course) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        found = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        if found != course.collection.bytes:
            raise SystemExit(f"{found} bytes arrived, not {course.collection.bytes}")

    return check
