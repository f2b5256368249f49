"""Where bstui keeps its own files: the only module that knows the XDG places. All of them 0700."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bstui.errors import BstuiError


@dataclass(frozen=True)
class Places:
    """The folders of one user's bstui."""

    home: Path
    config: Path
    state: Path

    @property
    def profiles(self) -> Path:
        return self.config / "profiles"

    @property
    def settings(self) -> Path:
        return self.config / "config.toml"

    @property
    def jobs(self) -> Path:
        return self.state / "jobs"

    @property
    def official_profiles(self) -> Path:
        """The official command's own configuration, `~/.basespace`."""
        return self.home / ".basespace"

    def basket(self, key: str) -> Path:
        return self.state / f"basket-{key}.json"

    def demo(self) -> "Places":
        """The demo's own config and state, apart from the user's."""
        root = self.state / "demo"
        return Places(home=root / "home", config=root / "config" / "bstui", state=root / "state")

    def environment(self) -> dict[str, str]:
        """The variables from which a process that we start finds the same places."""
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.config.parent),
            "BSTUI_STATE_DIR": str(self.state),
        }


def find_places(environ: Mapping[str, str], state_dir: str | None = None) -> Places:
    """The places for this environment; `state_dir` (--state-dir, BSTUI_STATE_DIR) comes first."""
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    state = Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    chosen = state_dir or environ.get("BSTUI_STATE_DIR")
    return Places(
        home=home,
        config=config / "bstui",
        state=Path(chosen).expanduser().absolute() if chosen else state / "bstui",
    )


def make_private(folder: Path) -> Path:
    """`folder`, made 0700 with its parents where it was not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError as error:
        raise BstuiError(
            f"The folder {folder} cannot be written ({error.strerror or 'permission denied'}).",
            why="bstui keeps its profiles, jobs and history there.",
            hint="Give another with --state-dir or BSTUI_STATE_DIR, or mend XDG_STATE_HOME, "
            "XDG_CONFIG_HOME or HOME.",
        ) from error
    return folder


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of the system that names no file this one's name: a full disk, for one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def write_whole(
    path: Path, data: bytes, mode: int = 0o600, *, has_one_writer: bool = False
) -> None:
    """Replace `path` by `data` so that a reader, or a power cut, sees the old bytes or the new.

    The temporary file has a random name, but where nobody else may ever write to `path`.
    """
    partial = path.with_name(f".{path.name}" + f".{secrets.token_hex(4)}" * (not has_one_writer))
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with naming(path), open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(partial, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_private(path: Path) -> bool:
    """Whether only its owner, who is this user, can read `path`."""
    info = path.lstat()
    return stat.S_ISREG(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077
