"""A plan in words, for the review page: pure functions."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bstui.jobs.plan import Plan
from bstui.samples.choice import LeftOut
from bstui.samples.grouping import Sample
from bstui.text import safe_text
from bstui.units import count_text, size_text

Pairs = list[tuple[str, str]]
_SHOWN = 2000
"""Lines of a tab; nobody reads more on a screen, and `--dry-run` prints them all."""


def summary(plan: Plan) -> Pairs:
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
    """`8.1 TB free for 2.4 TB: fits`."""
    room = plan.room
    verdict = "fits" if room.fits else "DOES NOT FIT"
    return f"{size_text(room.free)} free in {room.where} for {size_text(room.needed)}: {verdict}"


def warning_lines(plan: Plan) -> list[str]:
    """Every warning, in the order of the plan; and each file that will not be as wished."""
    lines = [f"! {warning}" for warning in plan.warnings]
    lines += [f"! {file.path}: {file.warning}" for file in plan.files if file.warning]
    return _cut(lines)


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
