"""The conditions of every test are enforced: each test here that breaks one must fail."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OFFENDERS = """
import asyncio, logging, os, socket
import pytest
from hypothesis import given, strategies
from tests.lab import CANARY_TOKEN

def test_fails_leaves_a_token(tmp_path):
    (tmp_path / "log").write_text(f"token {CANARY_TOKEN}")

def test_fails_leaves_a_token_at_home(home):
    (home / "log").write_text(f"token {CANARY_TOKEN}")

def test_fails_leaves_a_secret_of_its_own(tmp_path, canaries):
    canaries.add("hush-hush")
    (tmp_path / "hush-hush.txt").touch()

def test_fails_prints_a_token():
    print(CANARY_TOKEN)

def test_fails_logs_a_token():
    logging.getLogger("x").warning("%s", CANARY_TOKEN)

def test_fails_reaches_out():
    try:
        socket.create_connection(("192.0.2.1", 80))
    except RuntimeError:
        print("swallowed")

async def test_fails_asks_for_a_name():
    with pytest.raises(RuntimeError):
        await asyncio.get_running_loop().getaddrinfo("basespace.example", 443)

def test_fails_warns():
    import warnings
    warnings.warn("old", DeprecationWarning)

@pytest.mark.shows_secret("it is about the token")
def test_passes_with_a_reason(tmp_path):
    (tmp_path / "log").write_text(CANARY_TOKEN)
    print(CANARY_TOKEN)

def test_passes_with_a_profile(home):
    (home / "profiles").mkdir()
    (home / "profiles" / "lab.toml").write_text(CANARY_TOKEN)

def test_passes_at_home(home):
    assert os.environ["HOME"] == str(home)
    assert not [name for name in os.environ if name.startswith(("XDG_", "BASESPACE_"))]
    assert os.environ["BSTUI_SITE_CONFIG"] == ""
    os.environ["LEFT_BEHIND"] = "1"

def test_passes_after_another():
    assert "LEFT_BEHIND" not in os.environ

async def test_passes_on_this_machine():
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

@given(strategies.integers())
def test_passes_with_hypothesis(number):
    assert number == number
"""


@pytest.mark.shows_secret("pytest shows the line that printed it")
def test_the_conditions_hold(tmp_path: Path) -> None:
    (tmp_path / "test_offenders.py").write_text(OFFENDERS)
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-rA", "-c", "pyproject.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path / "test_offenders.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", done.stdout, re.M)
    outcome = {name: verdict for verdict, name in said}
    assert len(outcome) == OFFENDERS.count("def test_"), done.stdout + done.stderr
    for name, verdict in outcome.items():
        assert (verdict == "PASSED") == name.startswith("test_passes"), f"{name} {verdict}"
