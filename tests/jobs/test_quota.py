"""Quotas, as the commands of the system tell them."""

import stat
from pathlib import Path

import pytest

from bstui.jobs import quota
from bstui.jobs.quota import Quota, find_quotas

KIB = 1024

USERS = """\
Disk quotas for user robin (uid 1234):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
      /dev/sda1  900     1000    2000       0       4     100     200       0
Disk quotas for group lab (gid 77):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
nas:/a b/home 1500*   1000       0 1700000000      4       0       0       0
Disk quotas for group others (gid 78):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
      /dev/sda1       5      10      20       0       4       0       0       0
"""
NOBODY = "Disk quotas for user root (uid 0): none\n"

LFS = """\
#!/bin/sh
[ "$LC_ALL" = C ] || exit 1
case "$1 $2 $3" in
"project -d "*) echo "   17 P $3" ;;
"quota -q -u") echo "  $5"; echo "  [2048]  0  4096  -  10*  5  8  6d23h" ;;
"quota -q -g") echo "  $5  77  0  0  -  3  0  0  -" ;;
"quota -q -p") [ "$4" = 17 ] && echo "  $5  5  10  0  -  3  0  0  -" ;;
esac
"""


def test_users_and_groups_are_told_and_only_the_group_that_counts() -> None:
    found = list(quota.read_quotas(USERS.splitlines(), 77))
    assert found == [
        Quota("yours", 2000 * KIB, 1100 * KIB, 196),
        Quota("the group's", 1000 * KIB, 0, None),
    ]
    assert not list(quota.read_quotas(NOBODY.splitlines(), 0))


def test_lustre_tells_the_project_of_a_folder_too(tmp_path: Path) -> None:
    program = tmp_path / "lfs"
    program.write_text(LFS)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    found = list(quota.ask_lustre("/scratch/x y", 77, {"PATH": f"{tmp_path}:/bin"}))
    assert found == [
        Quota("yours", 4096 * KIB, 2048 * KIB, 0),
        Quota("the project's", 10 * KIB, 5 * KIB, None),
    ]


def test_without_a_command_there_is_no_quota(tmp_path: Path) -> None:
    assert not find_quotas(tmp_path, {"PATH": str(tmp_path)})
    assert not list(quota.ask_lustre(str(tmp_path), 0, {"PATH": str(tmp_path)}))


@pytest.mark.parametrize(
    ("needed", "files", "fits"), [(100, 3, True), (101, 3, False), (100, 4, False)]
)
def test_bytes_and_files_have_to_fit(needed: int, files: int, fits: bool) -> None:
    assert Quota("yours", 200, 100, 3).fits(needed, files) is fits
    assert Quota("yours", None, None).fits(needed, files)
