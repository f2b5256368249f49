"""Workgroups that a person belongs to and has no token for: each needs one of its own.

Whether a token may list its person's workgroups is not known (BaseSpace API §4): where it may not,
nothing is said of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bstui.basespace.models import Identity, Workgroup
from bstui.basespace.regions import OTHER, region_code, web_address

if TYPE_CHECKING:  # the first frame of the screen does not wait for httpx
    from bstui.basespace.client import Client


@dataclass(frozen=True)
class Tokenless:
    """A workgroup that no profile acts for."""

    server: str
    workgroup: Workgroup

    @property
    def advice(self) -> str:
        """How to get a token for it."""
        code = region_code(self.server)
        where = f"--server {self.server}" if code == OTHER else f"--region {code}"
        return (
            f"There is no token for the workgroup {self.workgroup.name} yet. Log in at "
            f"{web_address(self.server)} in a browser and choose that workgroup there; then run "
            f"`bstui login NAME --device {where}`, or make a token with `bs auth` and give it to "
            f"`bstui login NAME {where}`."
        )


async def find_tokenless(
    accounts: Iterable["tuple[Client, Identity]"],
) -> list[Tokenless]:
    """The workgroups of these accounts' persons for which none of the accounts stands."""
    asked = list(accounts)
    held: Mapping[str, set[str]] = _ids_by_server(asked)
    found: dict[tuple[str, str], Tokenless] = {}
    for client, identity in asked:
        if identity.is_workgroup:
            continue
        for workgroup in await client.workgroups(identity.id):
            if workgroup.id not in held[client.server]:
                key = (client.server, workgroup.id)
                found.setdefault(key, Tokenless(client.server, workgroup))
    return list(found.values())


def _ids_by_server(accounts: Sequence["tuple[Client, Identity]"]) -> dict[str, set[str]]:
    held: dict[str, set[str]] = {}
    for client, identity in accounts:
        held.setdefault(client.server, set()).add(identity.id)
    return held
