"""What to say of what went wrong: of several failures that came at once, the one that counts."""

from bstui.errors import BstuiError, IntegrityError, NameTaken, NoSpace
from bstui.text import safe_text
from bstui.transfer.disk import DiskFault, DiskTrouble
from bstui.transfer.items import Item
from bstui.transfer.partial import Contended
from bstui.transfer.shelf import Fenced
from bstui.transfer.waits import Tries


class NoRanges(Exception):
    """The server gives this file as a whole only."""


def first_cause(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that says most: one that makes what arrived worthless, or else the first."""
    flat = _flatten(errors)
    worst = (error for error in flat if isinstance(error, (IntegrityError, NoRanges)))
    return next(worst, flat[0])


def _flatten(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [inner for each in error.exceptions for inner in _flatten(each)]
    return [error]


def cut_short(error: EOFError) -> IntegrityError:
    return IntegrityError(f"Something cut the partial while it was written: {error}.")


def innermost(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error; where that says that the job was fenced, the fence's own."""
    first = _flatten(errors)[0]
    return first.__cause__ if isinstance(first, Fenced) and first.__cause__ else first


def is_final(error: BstuiError, tries: Tries, failed: int, most: int) -> bool:
    """Whether a file is given up that failed by the disk or another import, or by anything else."""
    is_over = isinstance(error, DiskFault) and tries.are_over
    is_over |= isinstance(error, Contended) and failed >= most
    return is_over or not isinstance(error, Contended | DiskFault | DiskTrouble | NoSpace)


def named_twice(item: Item) -> NameTaken:
    return NameTaken(
        f"{safe_text(item.path)} is the name of two files of this import.",
        why="One of them is on its way; bstui never writes one over the other.",
    )
