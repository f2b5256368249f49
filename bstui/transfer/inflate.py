"""The proof that a gzip file opens to its end, for `--verify full`.

A BGZF file cut between two blocks still is valid gzip: its empty last block says that it is whole.
"""

import os
import zlib

from bstui.errors import IntegrityError

_CHUNK = 1 << 20
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def inflate(descriptor: int, size: int) -> None:
    """Inflate `size` bytes of gzip to nothing; IntegrityError where they are not whole."""
    inflater = zlib.decompressobj(wbits=31)
    position = 0
    is_open = False
    try:
        while position < size:
            data = os.pread(descriptor, min(_CHUNK, size - position), position)
            position += len(data)
            if not data:
                raise _broken("it ends early")
            while data:
                is_open = True
                inflater.decompress(data, _CHUNK)
                data = inflater.unconsumed_tail
                if inflater.eof:
                    data = inflater.unused_data
                    inflater = zlib.decompressobj(wbits=31)
                    is_open = False
    except zlib.error as error:
        raise _broken(str(error)) from error
    if is_open or not size:
        raise _broken("it ends early")
    if _is_bgzf(descriptor) and os.pread(descriptor, 28, max(0, size - 28)) != _BGZF_END:
        raise _broken("its last block is missing")


def _is_bgzf(descriptor: int) -> bool:
    """Whether the first member has BGZF's extra field (SAM specification §4.1)."""
    head = os.pread(descriptor, 18, 0)
    return len(head) == 18 and head[3] & 4 != 0 and head[12:14] == b"BC"


def _broken(how: str) -> IntegrityError:
    return IntegrityError(
        f"The file is no whole gzip file: {how}.",
        why="Its size and digest are those of BaseSpace, which may hold it so.",
        hint="Import it with --verify server to have it as it is.",
    )
