"""The proof by what a file holds: gzip that opens to its end, FASTQ of whole records, as many of
them as its mate has.

It is asked for by `--verify full`, and it stands in where the server has no digest to compare with.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import replace

from bstui.text import safe_text
from bstui.transfer.inflate import Broken, Text, inflate, read_text
from bstui.transfer.items import Item, Proof, Verify
from bstui.transfer.verify import PartSizes
from bstui.units import count_text

_GZIP = (".gz", ".bgz", ".bgzf")
_FASTQ = re.compile(r".*\.f(ast)?q(\.b?gz)?", re.IGNORECASE | re.DOTALL)
_RECORD = 4
"""Lines of a read in FASTQ."""
_SIZE_ONLY = "size only"


class Contents:
    """Opens the files of one import. Its methods block, and may run in several threads."""

    def __init__(self, verify: Verify, sizes: PartSizes, known: Mapping[str, int]) -> None:
        self._verify = verify
        self._sizes = sizes
        self._reads = dict(known)
        """By what mates share: how many reads the first of them had."""
        self._lock = threading.Lock()

    def prove(self, descriptor: int, item: Item, proof: Proof) -> Proof:
        """What `proof` becomes where the file is opened too; Broken where it does not hold that.

        OSError, and GivenUp where the import stops meanwhile.
        """
        if self._verify == "none" or (self._verify != "full" and proof.verified != _SIZE_ONLY):
            return proof
        try:
            return self._open(descriptor, item, proof)
        except Broken as error:
            raise _explain(error, item, proof) from error

    def _open(self, descriptor: int, item: Item, proof: Proof) -> Proof:
        name = item.path.lower()
        is_fastq = _FASTQ.fullmatch(name) is not None
        if name.endswith(_GZIP):
            has_end = not name.endswith(".bgzf")  # base calls, whose writer sets none
            text = inflate(descriptor, item.size, self._sizes.check, has_end=has_end)
            way = "gzip"
        elif is_fastq and self._verify == "full":
            text = read_text(descriptor, item.size, self._sizes.check)
            way = "lines"
        else:
            return proof
        shown = "size" if proof.verified == _SIZE_ONLY else proof.verified
        proof = replace(proof, verified=f"{shown}+{way}")
        return replace(proof, reads=self._count(item, text)) if is_fastq else proof

    def _count(self, item: Item, text: Text) -> int:
        reads, rest = divmod(text.lines, _RECORD)
        if rest:
            raise Broken(
                f"The file is no whole FASTQ file: its {text.lines:,} lines are not four for each "
                "read."
            )
        if item.mates:
            with self._lock:
                others = self._reads.setdefault(item.mates, reads)
            if others != reads:
                raise Broken(
                    f"The file holds {count_text(reads, 'read')}, and its mate "
                    f"{count_text(others, 'read')}: one of the two is not whole."
                )
        return reads


class BrokenAtSource(Broken):
    """The server's digest says that these are its bytes: fetching them again changes nothing."""


def _explain(error: Broken, item: Item, proof: Proof) -> Broken:
    if proof.verified == _SIZE_ONLY:
        explained = Broken(
            error.message,
            why="Its size is right, and BaseSpace has no digest of it to compare with.",
            hint="Import it with --verify none to have it as it is.",
        )
    else:
        explained = BrokenAtSource(
            error.message,
            why=f"Its {safe_text(proof.verified)} is that of BaseSpace, which holds it so.",
            hint="Ask whoever uploaded it; --verify server takes it as it is.",
        )
    explained.position = error.position
    return explained
