"""One import as several jobs: for selections that are larger than one node's line.

A sample is never cut, and so no file that is joined of lanes is. Each part is an ordinary job that
may run anywhere; its plan names the group, by which all of them are found.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from bstui.basespace.credentials import Profile, Source
from bstui.errors import UsageError
from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.identifiers import make_unique, names_taken, naming, new_id
from bstui.jobs.launchers import launch
from bstui.jobs.plan import Plan
from bstui.jobs.records import Launcher, PlanFile, PlanHeader
from bstui.paths import Places


class Part(NamedTuple):
    """What one of the jobs is made of."""

    header: PlanHeader
    files: tuple[PlanFile, ...]


def split_plan(plan: Plan, number: int) -> list[Part]:
    """The plan as `number` jobs, or as many as there are samples, about equal in bytes.

    UsageError for what cannot be split: a raw run, a single sample.
    """
    header = plan.header
    if header.options.bcl:
        raise UsageError(
            "A raw run is one job.",
            why="It is proven complete as a whole, and its end markers, which other programs wait "
            "for, are published when all else stands.",
            hint="Leave --split out; a job takes as many connections as bring more.",
        )
    shares = share_out(plan.files, number)
    if len(shares) < 2:
        raise UsageError(
            "There is one sample: nothing to split.",
            why="A sample is never cut, so that its lanes can be joined and its files proven.",
            hint="Leave --split out.",
        )
    return [_part(header, files, n, len(shares)) for n, files in enumerate(shares, 1)]


def share_out(files: Sequence[PlanFile], number: int) -> list[tuple[PlanFile, ...]]:
    """The files of each part in the plan's order: the largest sample first, to whoever has the
    fewest bytes; no part has more than the mean and one sample."""
    samples: dict[str, list[PlanFile]] = {}
    for file in files:
        samples.setdefault(file.sample or file.biosample or file.dataset or file.id, []).append(
            file
        )
    shares: list[dict[str, None]] = [{} for _ in range(min(number, len(samples)))]
    load = [(0, 0, n) for n in range(len(shares))]
    for name in sorted(samples, key=lambda name: -_bytes(samples[name])):
        held, count, n = load[0]
        shares[n][name] = None
        heapq.heapreplace(load, (held + _bytes(samples[name]), count + 1, n))
    return [
        tuple(file for name in samples if name in share for file in samples[name])
        for share in shares
    ]


def _bytes(files: Iterable[PlanFile]) -> int:
    return sum(file.size for file in files)


def _part(header: PlanHeader, files: tuple[PlanFile, ...], n: int, parts: int) -> Part:
    part = msgspec.structs.replace(
        header,
        # A millisecond each, so that lists by age have them in order, the first on top.
        id=new_id(header.created + (parts - n) / 1000),
        name=_part_name(header.name, n, parts),
        files=len(files),
        bytes=_bytes(files),
        samples=len({file.sample for file in files if file.sample}),
        group=header.name,
        part=n,
        parts=parts,
    )
    return Part(part, files)


def _part_name(group: str, n: int, parts: int) -> str:
    return f"{group}-{n}of{parts}"


def start_parts(
    parts: Sequence[Part],
    *,
    places: Places,
    environ: Mapping[str, str],
    profile: Profile,
    on_made: Callable[[Sequence[JobFolder]], None] = lambda folders: None,
) -> list[JobFolder]:
    """Make all the jobs, then launch one after the other.

    Where one cannot be launched that is raised; it and those after it can be resumed.
    """
    with naming(places.jobs):
        group = make_unique(parts[0].header.group, names_taken(places.jobs))
        folders = [create_job(places.jobs, _renamed(one.header, group), one.files) for one in parts]
    on_made(folders)
    token = profile.token if profile.source is Source.ENVIRONMENT else None
    for folder in folders:
        launch(folder, folder.header().launcher, places=places, environ=environ, token=token)
    return folders


def _renamed(header: PlanHeader, group: str) -> PlanHeader:
    name = _part_name(group, header.part, header.parts)
    return msgspec.structs.replace(header, name=name, group=group)


def check_split(
    number: int | None, launcher: Launcher, sheets: Sequence[str], follows: bool
) -> None:
    """UsageError for what does not go with --split, before the network is asked."""
    if not number:
        return
    if launcher is Launcher.HERE:
        raise UsageError(
            "--split makes jobs that run beside each other, and --launch here runs one.",
            hint="Take --launch slurm or detached.",
        )
    if follows:
        raise UsageError(
            "--split shares out what is there, and --follow waits for more.",
            hint="Leave one of them out.",
        )
    if sheets:
        raise UsageError(
            "--sheet would make a sheet of each part.",
            hint="Write one over all parts when they are done: bstui sheet NAME --sheet SHEET.",
        )
