"""What every test runs under: a home of its own, the loopback alone, and a search for leaks."""

import contextlib
import itertools
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bstui.paths import Places, find_places
from tests import live
from tests.secrecy import find_secrets, known_secrets

pytest_plugins = ["tests.lab"]
settings.register_profile(
    "unhurried",
    settings(),  # what hypothesis has for CI, where it finds that it is there
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unhurried")

_FOREIGN = ("BSTUI_", "BASESPACE_", "XDG_", "SLURM_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_HOMES = itertools.count()
_attempts: list[str] = []
"""Addresses beyond this machine that something tried to reach since the last test."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "shows_secret(why): its files or output hold a token rightly"
    )
    for name in list(os.environ):
        if name.startswith(_FOREIGN) or name.lower() in _PROXIES:
            del os.environ[name]
    sys.addaudithook(_refuse_the_network)


def _refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    """Let Python's sockets reach this machine only; libcurl's own are given no other address."""
    if event == "socket.getaddrinfo":
        host: object = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if live.may_reach_network():
        return
    if name.startswith("127.") or name in ("", "::1", "localhost") or name.endswith(".invalid"):
        return
    _attempts.append(name)
    raise RuntimeError(f"a test may not reach {name}: only 127.0.0.1, ::1 and *.invalid")


@contextlib.contextmanager
def _environment(**changes: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        with contextlib.chdir(Path.cwd()):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """HOME and the XDG places of this test alone; no site file. The folder one is in is kept."""
    folder = tmp_path_factory.getbasetemp() / "homes" / str(next(_HOMES))
    folder.mkdir(parents=True)
    with _environment(HOME=str(folder), BSTUI_SITE_CONFIG=""):
        yield folder


@pytest.fixture
def places(home: Path) -> Places:
    """bstui's folders in this test's home."""
    return find_places(os.environ)


@pytest.fixture
def canaries() -> set[str]:
    """Secrets that must be found nowhere after the test; a test may add its own."""
    return known_secrets()


@pytest.fixture(autouse=True)
def nothing_leaks(
    request: pytest.FixtureRequest, home: Path, tmp_path: Path, canaries: set[str]
) -> Iterator[None]:
    """Fail the test that leaves a secret in a file, or that tried to leave this machine."""
    yield
    tried, _attempts[:] = list(_attempts), []
    assert not tried, f"the test tried to reach {tried}"
    if request.node.get_closest_marker("shows_secret") is None:
        leaks = [*find_secrets(tmp_path, canaries), *find_secrets(home, canaries)]
        assert not leaks, f"a secret stands in {leaks}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the test that printed or logged a secret."""
    report = yield
    said = "".join(text for _, text in report.sections)
    if item.get_closest_marker("shows_secret") is None and report.passed:
        found = [secret for secret in known_secrets() if secret in said]
        if found:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: a secret was printed or logged, {found[0][:4]}…"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How long each part took."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                part = "/".join(report.nodeid.split("::")[0].split("/")[:2])
                seconds[part] += report.duration
    terminalreporter.write_sep("-", "minutes per part")
    for part, spent in sorted(seconds.items(), key=lambda row: -row[1]):
        terminalreporter.write_line(f"{spent / 60:6.2f}  {part}")
