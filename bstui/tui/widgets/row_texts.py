"""What rows say, kept to be searched: reading 100 000 rows' cells at each letter takes too long."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

BLOCK = 256
"""Rows that are kept as one text: with one each, half of the memory would be overhead."""
_ROW_END = "\0"
_CELL_END = "\n"
"""Neither is in a text that is fit for a terminal."""


class Block:
    """Successive rows, a line each; made into lines only where the whole text holds what is sought.

    A line holds a row's cells, one after the other.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def lowered(self) -> str:
        return self.text.lower()

    @cached_property
    def lines(self) -> Sequence[str]:
        return self.text.split(_ROW_END)

    @cached_property
    def lowered_lines(self) -> Sequence[str]:
        return self.lowered.split(_ROW_END)

    def lines_with(
        self,
        needle: str,
        among: Sequence[int],
        columns: Sequence[int] = (),
        *,
        inverted: bool = False,
    ) -> list[int]:
        """Those lines that hold the needle, in any cell or in those of some columns; in order.

        A needle in lower case is found in either case. `inverted`: those that do not hold it.
        """
        is_lower = needle.lower() == needle
        if needle not in (self.lowered if is_lower else self.text):
            return list(among) if inverted else []
        lines = self.lowered_lines if is_lower else self.lines
        if columns:
            return [at for at in among if _in_columns(needle, lines[at], columns) is not inverted]
        if inverted:
            return [at for at in among if needle not in lines[at]]
        return [at for at in among if needle in lines[at]]


def _in_columns(needle: str, line: str, columns: Sequence[int]) -> bool:
    if needle not in line:
        return False
    return any(needle in line.split(_CELL_END, column + 1)[column] for column in columns)


def block_of(rows: Iterable[Sequence[str]]) -> Block:
    """Rows' cells as a text to search."""
    return Block(_ROW_END.join(map(_CELL_END.join, rows)))


class RowTexts:
    """The blocks of a growing list, each read when it is first wanted and again once stale."""

    def __init__(self, cells: Callable[[int], Sequence[str]]) -> None:
        self._cells = cells
        self._kept: dict[int, str] = {}

    def block(self, number: int, length: int) -> Block:
        """So many rows from row `number * BLOCK` on; kept once it is full."""
        text = self._kept.get(number)
        if text is not None:
            return Block(text)
        first = number * BLOCK
        block = block_of(map(self._cells, range(first, first + length)))
        if length == BLOCK:
            self._kept[number] = block.text
        return block

    def read_ahead(self, length: int) -> Iterator[int]:
        """Read what a filter of so many rows will look at, a block at each step: its number."""
        for number in range(length // BLOCK):
            if number not in self._kept:
                self.block(number, BLOCK)
                yield number

    def forget(self, rows: Iterable[int] | None = None) -> None:
        """The cells of these rows may have changed, or of any."""
        if rows is None:
            self._kept.clear()
            return
        for row in rows:
            self._kept.pop(row // BLOCK, None)
