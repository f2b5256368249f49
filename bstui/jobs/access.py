"""The account that a plan was made with, as a worker reaches it, and where its files' bytes are.

A worker outlives tokens: when one is not accepted any more it waits, and goes on by itself with
what `bstui login` has stored meanwhile.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bstui.basespace.address_book import AddressBook
from bstui.basespace.client import Client
from bstui.basespace.credentials import Profile, choose_profile
from bstui.errors import AccessProblem, NotLoggedIn, Unreachable
from bstui.jobs.records import ENVIRONMENT_PROFILE, PlanHeader
from bstui.paths import Places
from bstui.runs.kinds import is_end_marker
from bstui.text import Secret
from bstui.transfer.items import Item

_PATIENCE = 20.0
"""Seconds that somebody who resumes a job waits for BaseSpace."""


class WrongAccount(AccessProblem):
    """Logged in, but as somebody else than the plan's account."""


class Access:
    """One account of BaseSpace, open from `open` to `close`."""

    def __init__(
        self,
        header: PlanHeader,
        places: Places,
        environ: Mapping[str, str],
        token: Secret | None = None,
    ) -> None:
        self._header = header
        self._places = places
        self._environ = environ
        if token is not None:
            self._environ = {**environ, "BSTUI_ACCESS_TOKEN": token.reveal()}
        self._open = AsyncExitStack()
        self._client: Client | None = None
        self._book: AddressBook | None = None
        """Of a raw run: its many small files have their addresses by the page."""
        self._token = Secret("")
        self._renewing = asyncio.Lock()

    async def open(self) -> None:
        """Find the profile and ask whom it acts for.

        NotLoggedIn where there is none or it is not accepted, WrongAccount where it is another's,
        ServiceError where BaseSpace cannot be asked.
        """
        profile = choose_profile(self._places, self._environ, self._header.profile)
        client = Client(
            profile.server, profile.token, ca_bundle=self._environ.get("BSTUI_CA_BUNDLE")
        )
        async with AsyncExitStack() as opening:
            await opening.enter_async_context(client)
            await _check_identity(self._header, client, profile)
            # Requests of the client before this one may still be on their way: all stay open.
            self._open.push_async_exit(opening.pop_all())
        self._client, self._token = client, profile.token
        run_id = _raw_run(self._header)
        self._book = client.address_book(run_id) if run_id else None

    async def close(self) -> None:
        await self._open.aclose()

    async def sheet_rows(self, run_id: str) -> list[dict[str, str]]:
        """The rows of a run's sample sheet as it is in BaseSpace; none where nobody logged in."""
        return await self._client.run_sheet_rows(run_id) if self._client is not None else []

    async def locate(self, item: Item) -> Secret:
        """A fresh signed address of the item's bytes."""
        client = self._client
        assert client is not None
        try:
            return await self._locate(client, item)
        except NotLoggedIn:
            await self._renew(client)
        assert self._client is not None
        return await self._locate(self._client, item)

    async def _locate(self, client: Client, item: Item) -> Secret:
        # End markers stand at the plan's end and anywhere in the list: no page turning for them.
        if self._book is not None and not is_end_marker(item.path.partition("/")[2]):
            found = await self._book.find(item.id, item.number)
            if found is not None:
                return found
        return Secret((await client.content(item.id)).url)

    async def _renew(self, refused: Client) -> None:
        """Open with another token, where there is one; raise where there is none."""
        async with self._renewing:
            if self._client is not refused:
                return
            profile = choose_profile(self._places, self._environ, self._header.profile)
            if profile.token == self._token:
                raise _not_accepted(self._header, profile)
            try:
                await self.open()
            except WrongAccount as error:
                raise NotLoggedIn(error.message, why=error.why, hint=error.hint) from error


def _not_accepted(header: PlanHeader, profile: Profile) -> NotLoggedIn:
    """A token that was good when the job began."""
    hint = f"Run: bstui login {profile.name}. The job then goes on by itself."
    if header.profile.startswith(ENVIRONMENT_PROFILE):
        hint = f"Set BSTUI_ACCESS_TOKEN to another of {header.identity}, and run: bstui resume "
        hint += header.name
    return NotLoggedIn(
        f"BaseSpace does not accept the token of the profile {header.profile} any more.", hint=hint
    )


async def confirm_account(header: PlanHeader, profile: Profile, ca_bundle: str | None) -> None:
    """Ask, for a start that somebody watches, whether the profile acts for the plan's account.

    WrongAccount where it does not, NotLoggedIn where its token is not accepted, Unreachable where
    BaseSpace does not answer soon.
    """
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            Client(profile.server, profile.token, ca_bundle=ca_bundle) as client,
        ):
            await _check_identity(header, client, profile)
    except TimeoutError as error:
        raise Unreachable(f"{profile.server} did not answer within {_PATIENCE:.0f} s.") from error


async def _check_identity(header: PlanHeader, client: Client, profile: Profile) -> None:
    try:
        identity = await client.identity()
    except NotLoggedIn as error:
        if not header.profile.startswith(ENVIRONMENT_PROFILE):
            raise
        raise NotLoggedIn(
            error.message,
            why="The job got its token from an environment, and keeps none.",
            hint=f"Set BSTUI_ACCESS_TOKEN to a token of {header.identity}, and run: "
            f"bstui resume {header.name}",
            details=error.details,
        ) from error
    if identity.id != header.identity_id:
        raise WrongAccount(
            f"The profile {profile.name} now acts for {identity.name}; this job was planned "
            f"for {header.identity}.",
            why="What one account may read, another need not.",
            hint=f"Log in as {header.identity} under that name, or import again.",
        )


def _raw_run(header: PlanHeader) -> str:
    """The id of the run whose raw folder this job brings; empty where it brings FASTQ."""
    if not header.options.bcl or len(header.sources) != 1:
        return ""
    kind, _, run_id = header.sources[0].partition(":")
    return run_id if kind == "run" else ""
