"""A plan in a few lines on stderr, before it is carried out."""

from pathlib import Path

from bstui.cli.messages import say
from bstui.jobs.manifest import record_folder
from bstui.jobs.plan import Plan
from bstui.samples.sheet_format import load_sheets
from bstui.units import count_text, size_text

_WARNINGS_SHOWN = 20
_RUNS_SHOWN = 4


def describe_plan(plan: Plan) -> None:
    """What will happen, in a few lines on stderr."""
    header, (there, bytes_there) = plan.header, plan.already
    samples = f"{count_text(header.samples, 'sample')}, " if header.samples else ""
    say(
        f"{header.name}: {samples}{count_text(header.files, 'file')}, {size_text(header.bytes)}, "
        f"to {header.destination}"
    )
    for form in load_sheets(header.options.sheets):
        say(f"  sheet: {record_folder(Path(header.destination), header.id) / form.file}")
    if there:
        say(
            f"  {count_text(there, 'file')} ({size_text(bytes_there)}) there already: to be checked"
        )
    say(f"  room: {size_text(plan.room.free)} free, {size_text(plan.room.needed)} needed")
    refusal = plan.room.refusal()
    if refusal is not None:
        say(f"  no room: {refusal}")
    for warning in plan.warnings[:_WARNINGS_SHOWN]:
        say(f"  warning: {warning}")
    if len(plan.warnings) > _WARNINGS_SHOWN:
        say(f"  and {len(plan.warnings) - _WARNINGS_SHOWN:,} more warnings; --dry-run lists them")
    left_out = [item for item in plan.left_out if item.is_chosen]
    if left_out:
        say(f"  left out: {count_text(len(left_out), 'item')}")
    for share in plan.taken:
        say(f"  taken: {share.text}")
    for share in plan.not_taken if plan.taken else ():
        say(f"  not taken: {share.text}")
    others = {item.run for item in plan.left_out if not item.is_chosen and item.biosample}
    if others - {""}:
        named = ", ".join(sorted(others - {""})[:_RUNS_SHOWN])
        more = len(others - {""}) - _RUNS_SHOWN
        say(f"  not chosen, of the same biosamples: {named}{f' and {more} more' * (more > 0)}")
