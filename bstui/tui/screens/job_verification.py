"""A reading of a job's files against their record, in words."""

from bstui.jobs.verification import Verification
from bstui.jobs.watch import JobView
from bstui.text import safe_text
from bstui.units import count_text, size_text


def verification_lines(view: JobView, reading: Verification | None) -> list[str]:
    """How a reading of all files against their record goes, and what it found."""
    if reading is None:
        return [
            f"V reads every file again, {size_text(view.counts.bytes_done)}, and holds it against "
            "what was proven of it.",
            "It goes on while you are elsewhere in bstui, and ends with it; without a screen: "
            f"bstui verify {view.header.name}",
        ]
    done = f"{reading.done:,} of {count_text(reading.files, 'file')}"
    read = f"{size_text(reading.read)} of {size_text(reading.bytes)}"
    counts = [f"{number:,} {verdict}" for verdict, number in reading.counts.items()]
    lines = [f"{_reading_word(reading)} {done}, {read}", ", ".join(counts)]
    for verdict, path, problem in reading.bad:
        lines += [f"{verdict}: {path}", f"    {problem}"]
    if reading.is_over:
        lines += reading.words.splitlines()
    return [safe_text(text) for text in lines if text]


def _reading_word(reading: Verification) -> str:
    if reading.is_stopped:
        return "stopped:"
    return "read:" if reading.is_over else "reading:"
