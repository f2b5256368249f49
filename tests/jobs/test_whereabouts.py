"""Where `auto` lets a worker run, and what logind does to it."""

from pathlib import Path

import msgspec
import pytest

from bstui.jobs.records import FORMAT, Launcher, PlanHeader
from bstui.jobs.whereabouts import choose_launcher, cpu_minutes
from bstui.system import ends_at_logout

TERABYTE = 10**12
PLAN = PlanHeader(
    format=FORMAT,
    id="X",
    name="x",
    created=0.0,
    profile="lab",
    region="use1",
    identity_id="1",
    identity="Ada",
    destination="/data",
    files=1000,
    bytes=TERABYTE,
)


@pytest.fixture
def with_slurm(tmp_path: Path) -> dict[str, str]:
    """An environment that has an sbatch."""
    program = tmp_path / "sbatch"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return {"PATH": str(tmp_path)}


def test_what_the_login_node_does_not_bear_goes_to_slurm(with_slurm: dict[str, str]) -> None:
    choice = choose_launcher(PLAN, with_slurm, limit=20, ends_at_logout=False)
    assert choice.launcher is Launcher.SLURM
    assert f"about {cpu_minutes(PLAN):.0f} CPU minutes, and processes may take 20" in choice.reason
    small = msgspec.structs.replace(PLAN, bytes=10**9)
    assert choose_launcher(small, with_slurm, limit=20, ends_at_logout=False).launcher is (
        Launcher.DETACHED
    )
    assert choose_launcher(small, with_slurm, limit=None, ends_at_logout=True).launcher is (
        Launcher.SLURM
    )


def test_where_slurm_cannot_be_taken_it_says_why(with_slurm: dict[str, str]) -> None:
    choice = choose_launcher(PLAN, {"PATH": "/nosuch"}, limit=20, ends_at_logout=False)
    assert choice.launcher is Launcher.DETACHED
    assert "there is no sbatch here" in choice.reason
    by_variable = msgspec.structs.replace(PLAN, profile="env-1234")
    choice = choose_launcher(by_variable, with_slurm, limit=20, ends_at_logout=False)
    assert choice.launcher is Launcher.DETACHED
    assert "token" in choice.reason


@pytest.mark.parametrize(
    ("files", "ends"),
    [
        ({}, False),
        ({"etc/systemd/logind.conf": "[Login]\n#KillUserProcesses=yes\n"}, False),
        ({"etc/systemd/logind.conf": "[Login]\nKillUserProcesses = yes\n"}, True),
        (
            {
                "usr/lib/systemd/logind.conf": "KillUserProcesses=yes\n",
                "etc/systemd/logind.conf.d/50-site.conf": "KillUserProcesses=no\n",
            },
            False,
        ),
        ({"etc/systemd/logind.conf": "KillUserProcesses=yes\nKillExcludeUsers=ada\n"}, False),
        ({"etc/systemd/logind.conf": "KillUserProcesses=yes\nKillOnlyUsers=bob\n"}, False),
    ],
)
def test_logind_is_asked_by_its_files(tmp_path: Path, files: dict[str, str], ends: bool) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert not ends_at_logout("ada", tmp_path), "systemd does not run there"
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert ends_at_logout("ada", tmp_path) is ends
