"""What imported files and the folders made for them may be to whom.

Without a wish the user's umask decides, and a folder's setgid bit, as with any other program.
"""

import os
import stat
from dataclasses import dataclass

_WRITE = 0o222
_READ = 0o444
_OWNER = 0o700


@dataclass(frozen=True, slots=True)
class Permissions:
    """Of one import. Its methods raise OSError."""

    mode: int | None = None
    """Of files, as chmod(1) takes it; folders get the same, and may be entered by who reads."""
    group: int | None = None
    """The id of the group that files and folders belong to."""
    read_only: bool = False
    """Whether nobody may write to files, once they have their names."""

    def give_file(self, descriptor: int) -> None:
        """To a file that is about to have its name."""
        self._give_group(descriptor)
        found = stat.S_IMODE(os.fstat(descriptor).st_mode)
        wanted = found if self.mode is None else self.mode
        if self.read_only:
            wanted &= ~_WRITE
        if wanted != found:
            os.fchmod(descriptor, wanted)

    def give_folder(self, descriptor: int) -> None:
        """To a folder that was just made; bstui itself must be able to write there."""
        self._give_group(descriptor)
        if self.mode is not None:
            inherited = os.fstat(descriptor).st_mode & stat.S_ISGID
            enter = (self.mode & _READ) >> 2
            os.fchmod(descriptor, self.mode | enter | _OWNER | inherited)

    def _give_group(self, descriptor: int) -> None:
        if self.group is not None and os.fstat(descriptor).st_gid != self.group:
            os.fchown(descriptor, -1, self.group)
