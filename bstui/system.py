"""What this machine is: whom it trusts, and what its disks are."""

import grp
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from bstui.errors import SettingsError, UsageError

_TRUST_VARIABLES = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
_TRUST_FILES = (
    "/etc/pki/tls/certs/ca-bundle.crt",  # RHEL and its kin
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/ssl/ca-bundle.pem",  # SUSE
)

_LOCAL_FILE_SYSTEMS = frozenset(
    ("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs")
)


def ca_file(explicit: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> str:
    """The file of certificate authorities that both of our HTTP clients trust.

    The order: `--ca-bundle`, the variables other tools know, this system's own (a site that
    inspects TLS adds its authority there), the one that comes with httpx. SettingsError where
    a file that somebody chose is not one.
    """
    if explicit:
        return _checked_bundle(os.path.expanduser(explicit), "--ca-bundle (ca_bundle)")
    for variable in _TRUST_VARIABLES:
        if environ.get(variable):
            return _checked_bundle(environ[variable], variable)
    for path in _TRUST_FILES:
        if os.access(path, os.R_OK):
            return path
    import certifi  # httpx brings it; only machines without a trust store need it

    return certifi.where()


def _checked_bundle(path: str, chosen_by: str) -> str:
    try:
        is_bundle = b"-----BEGIN" in Path(path).read_bytes()
        problem = "" if is_bundle else "it holds no certificate in PEM form"
    except OSError as error:
        problem = error.strerror or "it cannot be read"
    if problem:
        raise SettingsError(
            f"The certificate file {path} cannot be used: {problem}.",
            why=f"{chosen_by} names it.",
            hint="Name a file of certificate authorities in PEM form, or leave it out.",
        )
    return path


class FileSystemKind(NamedTuple):
    """What a path stands on."""

    name: str
    """As the kernel names it, `ext4`, `nfs4`, `lustre`; empty where it cannot be known."""
    point: str = ""
    """Where it is mounted."""

    @property
    def is_local(self) -> bool:
        """Whether this host alone writes it; False where that is not certain."""
        return self.name in _LOCAL_FILE_SYSTEMS


def file_system_kind(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> FileSystemKind:
    """The file system of `path`, which need not exist yet (proc(5): /proc/pid/mountinfo)."""
    target = os.path.realpath(path)
    found = FileSystemKind("")
    try:
        lines = mountinfo.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return found
    for line in lines:
        before, _, after = line.partition(" - ")
        if not after or len(fields := before.split(" ")) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        within = target == point or target.startswith(point.rstrip("/") + "/")
        if within and len(point) >= len(found.point):  # of two on one point the later is on top
            found = FileSystemKind(after.split(" ")[0], point)
    return found


def find_group(name: str) -> int:
    """The id of a group, given by its name or number, to which this user may give files.

    UsageError where there is none, or where the user is not a member of it.
    """
    try:
        group = int(name) if name.isdecimal() else grp.getgrnam(name).gr_gid
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"There is no group {name!r} on this machine.", hint="`id -Gn` lists yours."
        ) from error
    if os.geteuid() != 0 and group not in (os.getegid(), *os.getgroups()):
        raise UsageError(
            f"Files cannot be given to the group {name!r}.",
            why="You are not a member of it.",
            hint="`id -Gn` lists yours.",
        )
    return group


def current_umask() -> int:
    """This process's umask, read without changing it: other threads make files meanwhile."""
    match = re.search(r"^Umask:\s*([0-7]+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(match[1], 8) if match else 0o022


def ends_at_logout(user: str, root: Path = Path("/")) -> bool:
    """Whether systemd-logind ends this user's processes at the end of the session, those too that
    have left it (logind.conf(5): KillUserProcesses); `root` is where its files are."""
    if not (root / "run/systemd/system").is_dir():
        return False
    found = {"KillUserProcesses": "no", "KillOnlyUsers": "", "KillExcludeUsers": "root"}
    for folder in ("usr/lib/systemd", "run/systemd", "etc/systemd"):
        main = root / folder / "logind.conf"
        for file in (main, *sorted(main.with_suffix(".conf.d").glob("*.conf"))):
            found |= _assignments(file, found.keys())
    if found["KillUserProcesses"].lower() not in ("yes", "true", "1", "on"):
        return False
    only, exempt = found["KillOnlyUsers"].split(), found["KillExcludeUsers"].split()
    return user not in exempt and (not only or user in only)


def _assignments(file: Path, names: Collection[str]) -> dict[str, str]:
    """`Name=value` of these names, the last of each; nothing where the file is not there."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith(("#", ";")))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() in names}
