"""A real terminal for the program: a tmux server of the test's own."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

HAS_TMUX = shutil.which("tmux") is not None
_PATIENCE = 90.0
_LOOK = 0.05


class Tmux:
    """One tmux server with one window, 80×24 unless told otherwise."""

    def __init__(self, folder: Path, size: tuple[int, int] = (80, 24)) -> None:
        self._socket = folder / "tmux"
        self._size = size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill_server()

    def start(self, command: list[str], environ: Mapping[str, str], cwd: Path) -> None:
        """Run `command` in a new server's window; the window stays when the command ends."""
        width, height = self._size
        self._run("-f", "/dev/null", "start-server", ";", "set", "-g", "remain-on-exit", "on",
                  ";", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(cwd),
                  shlex.join(["env", "-i", *(f"{k}={v}" for k, v in environ.items()), *command])
                  )  # fmt: skip

    def press(self, *keys: str) -> None:
        """Keys as tmux names them: `Enter`, `Space`, `Escape`, `j`."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", text)

    @property
    def screen(self) -> str:
        """What the screen shows now, and the few lines above it; wrapped lines are one."""
        return self._run("capture-pane", "-p", "-J", "-S", "-5")

    @property
    def has_ended(self) -> bool:
        """Whether the command has left."""
        return self._run("display-message", "-p", "#{pane_dead}").strip() == "1"

    def wait_for(self, *texts: str, patience: float = _PATIENCE) -> str:
        """The screen once it shows all these texts; AssertionError with the screen otherwise."""
        return self.wait_until(lambda screen: all(text in screen for text in texts), patience)

    def wait_until(self, is_so: Callable[[str], bool], patience: float = _PATIENCE) -> str:
        deadline = time.monotonic() + patience
        while True:
            screen = self.screen
            if is_so(screen):
                return screen
            assert time.monotonic() < deadline, f"the screen never came to it:\n{screen}"
            time.sleep(_LOOK)

    def kill_server(self) -> None:
        """What a dropped SSH line or an administrator does: every process there is hung up on."""
        while self._call("kill-server").returncode == 0:
            time.sleep(_LOOK)

    def _run(self, *arguments: str) -> str:
        done = self._call(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
