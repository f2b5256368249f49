"""The instances of BaseSpace: separate data centres, each with its own accounts and tokens.

From Illumina's article 5560 on `bs auth --api-server`; `aps4` from public code that works there.
Others exist and follow the same pattern; their address can be given in full.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from bstui.errors import UsageError

OTHER = "other"
"""The region code of a server that is not in the table."""


@dataclass(frozen=True)
class Region:
    """One data centre of BaseSpace."""

    code: str
    place: str
    api: str
    web: str


def _regional(code: str, place: str, tail: str = "") -> Region:
    host = f"{code}.sh.basespace.illumina.com{tail}"
    return Region(code, place, f"https://api.{host}", f"https://{host}")


REGIONS = (
    Region(
        "use1",
        "Virginia, USA",
        "https://api.basespace.illumina.com",
        "https://basespace.illumina.com",
    ),
    _regional("euc1", "Frankfurt, Germany"),
    _regional("euw2", "London, UK"),
    _regional("aps2", "Sydney, Australia"),
    _regional("cac1", "Montréal, Canada"),
    _regional("cnn1", "Beijing, China", ".cn"),
    _regional("aps4", "Indonesia"),
)
DEFAULT = REGIONS[0]
"""Where the official command goes when nobody says."""


def find_region(server: str) -> Region | None:
    """The region whose API answers at `server`, as `parse_server` writes it."""
    return next((region for region in REGIONS if region.api == server), None)


def region_code(server: str) -> str:
    """The region's code, or `other`."""
    region = find_region(server)
    return region.code if region else OTHER


def region_of_host(host: str) -> Region | None:
    """The region that a web or API host belongs to, private domains (`lab.euc1.sh…`) included."""
    name = "." + host.lower()
    found = [
        region for region in REGIONS if name.endswith("." + region.web.removeprefix("https://"))
    ]
    # `basespace.illumina.com` ends every region's host: the longest is meant, and a `.sh.` host
    # that only matches the default is of a region that we do not know.
    best = max(found, key=lambda region: len(region.web), default=None)
    return None if best is DEFAULT and ".sh." in name else best


def web_address(server: str) -> str:
    """Where people look at what the API at `server` serves (as Illumina's own SDK makes it)."""
    region = find_region(server)
    return region.web if region else server.replace("://api.", "://", 1)


def parse_server(text: str) -> str:
    """A region's code, a host or an address as `https://host[:port]`; UsageError otherwise.

    A web address of a region gives its API. A token goes there, so plain http is for this machine
    only: the simulator.
    """
    given = text.strip()
    by_code = next((region for region in REGIONS if region.code == given.lower()), None)
    if by_code:
        return by_code.api
    if re.fullmatch(r"\w+", given) and not is_loopback(given):
        known = ", ".join(region.code for region in REGIONS)
        raise UsageError(
            f"There is no region {given!r}.",
            hint=f"Give one of {known}, or a server's whole address: https://api.…",
        )
    try:
        parts = urlsplit(given if "://" in given else f"https://{given}")
        host, port = _checked(parts, given)
    except ValueError as error:
        raise _unusable("***", "It cannot be read as an address.") from error
    if parts.scheme == "http" and not is_loopback(host):
        raise _unusable(given, "A token would go there unencrypted.")
    region = region_of_host(host)
    if region and parts.scheme == "https" and port in (None, 443):
        return region.api
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def _checked(parts: SplitResult, given: str) -> tuple[str, int | None]:
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host or not _is_host(host):
        raise _unusable(given, "It is not the name of a server.")
    if parts.username is not None or parts.password is not None:
        raise _unusable("***", "An address with a name or a password in it would leak them.")
    if parts.query or parts.fragment:
        raise _unusable(given, "Only the server is wanted, without `?` and `#`.")
    return host, parts.port


def _is_host(host: str) -> bool:
    return all(c.isalnum() or c in "-._:" for c in host) and host.isascii()


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_loopback_server(server: str) -> bool:
    """Whether a server, as `parse_server` writes it, is on this machine: a simulator."""
    return is_loopback(urlsplit(server).hostname or "")


def _unusable(given: str, why: str) -> UsageError:
    codes = ", ".join(region.code for region in REGIONS)
    return UsageError(
        f"The server {given!r} cannot be used.",
        why=why,
        hint=f"Give a region ({codes}) or an address like https://api.basespace.illumina.com.",
    )
