"""What a person should look at before an import starts, each with the line it is about."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bstui.jobs.plan import Plan
from bstui.jobs.quota import Quota
from bstui.units import count_text, size_text

_SAMPLE = "sample:"
_LINES = {"destination": "where", "existing": "existing", "sheets": "sheets"}
"""The lines of the review, by what a plan's warning is about."""
_SAMPLES_LINE = "grouping"


class Caution(NamedTuple):
    """One of them."""

    text: str
    line: str = ""
    """The key of the review's line that can change it; empty: none alone can."""
    sample: str = ""
    """The sample that it is about."""


def cautions_of(plan: Plan, quotas: Sequence[Quota]) -> list[Caution]:
    """Every one: what does not fit first, then the plan's warnings, then single files."""
    return [*_about_room(plan, quotas), *_about_plan(plan), *_about_files(plan)]


def _about_room(plan: Plan, quotas: Iterable[Quota]) -> Iterator[Caution]:
    refusal = plan.room.refusal()
    if refusal is not None:
        yield Caution(str(refusal), "where")
    for quota in quotas:
        if not quota.fits(plan.room.needed, plan.room.files):
            yield Caution(
                f"{quota_text(quota)}, and {size_text(plan.room.needed)} in "
                f"{count_text(plan.room.files, 'file')} are to come: the job will wait for room.",
                "where",
            )


def _about_plan(plan: Plan) -> Iterator[Caution]:
    for warning in plan.warnings:
        about = plan.about.get(warning, "")
        if about.startswith(_SAMPLE):
            yield Caution(warning, _SAMPLES_LINE, about.removeprefix(_SAMPLE))
        else:
            yield Caution(warning, _LINES.get(about, ""))


def _about_files(plan: Plan) -> Iterator[Caution]:
    for file in plan.files:
        if file.warning:
            yield Caution(f"{file.path}: {file.warning}", "existing", file.sample)


def quota_text(quota: Quota) -> str:
    """`your quota of 5.0 TB has 1.2 TB left`."""
    whose = {"yours": "your quota"}.get(quota.whose, f"{quota.whose} quota")
    parts = []
    if quota.limit is not None and quota.left is not None:
        parts.append(f"of {size_text(quota.limit)} has {size_text(quota.left)} left")
    if quota.files_left is not None:
        parts.append(f"lets {count_text(quota.files_left, 'more file')} be made")
    return f"{whose} {' and '.join(parts)}"
