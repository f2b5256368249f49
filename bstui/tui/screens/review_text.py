"""A plan in words, for the review page: pure functions."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bstui.jobs.plan import Plan
from bstui.jobs.quota import Quota
from bstui.samples.choice import LeftOut
from bstui.samples.grouping import Sample
from bstui.samples.sheet_format import SheetFormat, load_sheets
from bstui.text import safe_text
from bstui.tui.screens.cautions import Caution, quota_text
from bstui.units import count_text, size_text

Pairs = list[tuple[str, str]]
_SHOWN = 2000
"""Lines of a tab; nobody reads more on a screen, and `--dry-run` prints them all."""


def summary(plan: Plan, quotas: Sequence[Quota] = ()) -> Pairs:
    """What matters before `enter`."""
    header = plan.header
    number, size = plan.already
    what = f"{count_text(header.files, 'file')}, {size_text(header.bytes)}"
    if plan.samples:
        what = f"{count_text(len(plan.samples), 'sample')}, {what}"
    pairs = [("in all", what)]
    if number:
        there = f"{count_text(number, 'file')}, {size_text(size)}, are there: adopted once proven"
        pairs.append(("already", there))
    pairs.append(("room", room_text(plan)))
    pairs += [("quota", f"{_verdict(one, plan)}: {quota_text(one)}") for one in quotas]
    pairs += [("sheet", text) for text in sheet_texts(plan)]
    if plan.files:
        pairs.append(("first", plan.files[0].path))
    runs = list(dict.fromkeys(file.run for file in plan.files if file.run))
    if runs:
        more = f" and {len(runs) - 3} more" if len(runs) > 3 else ""
        pairs.append(("runs", ", ".join(runs[:3]) + more))
    pairs += [("taken", share.text) for share in plan.taken]
    if plan.taken:
        pairs += [("not taken", share.text) for share in plan.not_taken]
    elif plan.left_out:
        chosen = sum(item.is_chosen for item in plan.left_out)
        taken = f"{chosen:,} of what was chosen" if chosen else "nothing of what was chosen"
        pairs.append(("left out", f"{taken}; {len(plan.left_out) - chosen:,} beside it"))
    return pairs


def room_text(plan: Plan) -> str:
    """`fits: 2.4 TB into 8.1 TB free, 488 files into 12,000,000, in /scratch`."""
    room = plan.room
    files = "" if room.inodes is None else f", {room.files:,} files into {room.inodes:,}"
    needed = f"{size_text(room.needed)} into {size_text(room.free)} free{files}"
    return f"{_said(room.fits)}: {needed}, in {room.where}"


def _verdict(quota: Quota, plan: Plan) -> str:
    return _said(quota.fits(plan.room.needed, plan.room.files))


def _said(fits: bool) -> str:
    return "fits" if fits else "DOES NOT FIT"


def sheet_texts(plan: Plan) -> Iterator[str]:
    """Each sheet with its file, and the columns that are for a person to fill in."""
    for form in load_sheets(plan.header.options.sheets):
        left = open_text(form)
        yield f"{form.name}, as {form.file}" + (f"; open: {left}" if left else "")


def open_text(form: SheetFormat) -> str:
    """`sex NA, status 0`: the columns that nobody here can know, and what stands there."""
    return ", ".join(f"{one.name} {one.value or one.empty or 'empty'}" for one in form.open_columns)


def caution_lines(cautions: Sequence[Caution]) -> list[str]:
    """Every warning on a line."""
    return _cut([f"! {caution.text}" for caution in cautions])


def caution_page(cautions: Sequence[Caution], at: int) -> tuple[str, Pairs, list[str]]:
    """The one that was gone to, with what can be done about it, and below it the others."""
    one = cautions[at]
    number = f"warning {at + 1:,} of {len(cautions):,}"
    if one.sample:
        number += f": sample {one.sample}, a arranges it"
    elif one.line:
        number += f": e changes {one.line}" if one.line != "sheets" else ": e chooses the sheets"
    others = [*cautions[at + 1 :], *cautions[:at]]
    return number, [], [f"! {one.text}", *([""] if others else []), *caution_lines(others)]


def sample_lines(plan: Plan) -> list[str]:
    """Each sample with its files, size, and the runs taken and left out."""
    number: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for file in plan.files:
        number[file.biosample] += 1
        size[file.biosample] += file.size
    return _cut([line for sample in plan.samples for line in _sample(sample, number, size)])


def _sample(sample: Sample, number: Counter[str], size: Counter[str]) -> Iterator[str]:
    ids = {choice.biosample.id for choice in sample.choices}
    files, total = sum(number[i] for i in ids), sum(size[i] for i in ids)
    yield f"{sample.name}: {count_text(files, 'file')}, {size_text(total)}"
    if sample.biosamples != (sample.name,):
        yield f"    of {', '.join(sample.biosamples)}"
    if sample.runs:
        yield f"    runs taken: {', '.join(sample.runs)}"
    if sample.runs_left_out:
        yield f"    runs left out: {', '.join(sample.runs_left_out)}"


def left_out_lines(items: Sequence[LeftOut]) -> list[str]:
    """What was chosen and is not taken first, then what is beside it."""
    ordered = sorted(items, key=lambda item: not item.is_chosen)
    return _cut([_left_out(item) for item in ordered])


def _left_out(item: LeftOut) -> str:
    about = ", ".join(part for part in (item.biosample, item.run) if part)
    size = f", {size_text(item.size)}" if item.size is not None else ""
    return f"{safe_text(item.name)}{f' ({about}{size})' if about else ''}: {item.reason}"


def _cut(lines: list[str]) -> list[str]:
    if len(lines) <= _SHOWN:
        return lines
    return [*lines[:_SHOWN], f"and {len(lines) - _SHOWN:,} more: bstui import --dry-run prints all"]
