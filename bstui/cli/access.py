"""`login`, `logout`, `whoami`, `regions`: who we are, and where."""

import asyncio
import getpass
import sys
from typing import Any

import click

from bstui.basespace.client import Client
from bstui.basespace.credentials import (
    Profile,
    find_profiles,
    parse_token,
    remove_profile,
    store_profile,
)
from bstui.basespace.models import Identity
from bstui.basespace.regions import REGIONS, find_region, parse_server
from bstui.cli.messages import report, say
from bstui.cli.options import command
from bstui.cli.session import Session, is_terminal
from bstui.errors import BstuiError, NotLoggedIn, UsageError
from bstui.text import Secret

_WHERE_TOKENS_COME_FROM = (
    "A token is made by `bs auth`, or on the developer portal of your region "
    "(My Apps, create an application, Credentials)."
)


@command("login")
@click.option("--region", metavar="REGION", help="A region's code, as `bstui regions` lists them.")
@click.option("--server", metavar="URL", help="Another server's address instead of a region.")
@click.argument("name", required=False)
def login(session: Session, name: str | None, region: str | None, server: str | None) -> int:
    """Try a token and store it as the profile NAME (else --profile, else `default`).

    The token is asked for without echo, or read from standard input.
    """
    if region and server:
        raise UsageError("--region and --server exclude each other.", hint="Give one of them.")
    name = name or session.profile_name or "default"
    address = parse_server(server or region or "use1")
    token = _read_token()
    identity = asyncio.run(_identify(address, token, session.settings.ca_bundle))
    profile = store_profile(session.places, name, address, token, identity)
    say(f"Logged in: {_who(identity)} at {_where(profile)}, stored as the profile {profile.name}.")
    if not identity.may_read:
        say("This token may list but not read: imports need one with the scope READ GLOBAL.")
    return 0


@command("logout")
@click.argument("name", required=False)
def logout(session: Session, name: str | None) -> int:
    """Remove the profile NAME (else --profile, else `default`) and its token from this machine."""
    name = name or session.profile_name or "default"
    remove_profile(session.places, name)
    say(f"The profile {name} was removed. The token itself stays valid until it is revoked.")
    return 0


@command("whoami")
@click.option("--all", "every", is_flag=True, help="Every profile, not only the chosen one.")
def whoami(session: Session, every: bool) -> int:
    """Say for whom the chosen token acts: a person, or one workgroup."""
    if not every:
        profile = session.choose_profile()
        identity = asyncio.run(_identify(profile.server, profile.token, session.settings.ca_bundle))
        session.output.write_facts(_identity_row(profile, identity))
        return 0
    profiles = find_profiles(session.places, session.environ)
    if not profiles:
        raise NotLoggedIn("There is no profile yet.", hint="Run `bstui login` first.")
    rows, code = asyncio.run(_identify_all(session, profiles))
    keys = ("name", "region", "user", "kind", "email", "source")
    session.output.write(keys, rows)
    return code


@command("regions")
def regions(session: Session) -> int:
    """List the regions that BaseSpace is known to have."""
    known: dict[str, list[str]] = {}
    for profile in find_profiles(session.places, session.environ):
        known.setdefault(profile.region, []).append(profile.name)
    rows = (
        {
            "id": region.code,
            "name": region.place,
            "api": region.api,
            "web": region.web,
            "profiles": known.get(region.code, []),
        }
        for region in REGIONS
    )
    session.output.write(("id", "name", "api", "profiles"), rows)
    return 0


def _read_token() -> Secret:
    text = getpass.getpass("Token: ") if is_terminal() else sys.stdin.readline()
    if not text.strip():
        raise UsageError("No token was given.", hint=_WHERE_TOKENS_COME_FROM)
    return parse_token(text)


async def _identify(server: str, token: Secret, ca_bundle: str | None) -> Identity:
    async with Client(server, token, ca_bundle=ca_bundle) as client:
        return await client.identity()


async def _identify_all(
    session: Session, profiles: list[Profile]
) -> tuple[list[dict[str, Any]], int]:
    async def one(profile: Profile) -> dict[str, Any] | BstuiError:
        if profile.problem:
            return NotLoggedIn(f"The profile {profile.name}: {profile.problem}")
        try:
            identity = await _identify(profile.server, profile.token, session.settings.ca_bundle)
        except BstuiError as error:
            return error
        return _identity_row(profile, identity)

    answers = await asyncio.gather(*(one(profile) for profile in profiles))
    code = 0
    for answer in answers:
        if isinstance(answer, BstuiError):
            code = report(answer)
    return [answer for answer in answers if not isinstance(answer, BstuiError)], code


def _identity_row(profile: Profile, identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.id,
        "name": profile.identified(identity).name,
        "user": identity.name,
        "kind": "workgroup" if identity.is_workgroup else "person",
        "person": identity.person or None,
        "email": identity.email,
        "region": profile.region,
        "server": profile.server,
        "scopes": list(identity.scopes),
        "source": str(profile.source),
    }


def _who(identity: Identity) -> str:
    return f"the workgroup {identity.name}" if identity.is_workgroup else identity.name


def _where(profile: Profile) -> str:
    region = find_region(profile.server)
    return region.place if region else profile.server
