"""What to say of what went wrong: of several failures that came at once, the one that counts."""

from bstui.errors import IntegrityError


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
