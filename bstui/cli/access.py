"""`login`, `logout`, `whoami`, `regions`: who we are, and where."""

import asyncio
import getpass
import math
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
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
from bstui.basespace.device import DeviceLogin
from bstui.basespace.models import Identity
from bstui.basespace.reach import Answered, Tried, other_servers, ping_all, try_servers
from bstui.basespace.regions import (
    OTHER,
    REGIONS,
    find_region,
    parse_server,
    region_code,
    web_address,
)
from bstui.basespace.workgroups import Tokenless, find_tokenless
from bstui.cli.calls import run_calls
from bstui.cli.messages import WaitingLine, report, say
from bstui.cli.options import command
from bstui.cli.session import Session, is_terminal
from bstui.errors import BstuiError, NotLoggedIn, Unreachable, UsageError
from bstui.text import Secret

_WHERE_TOKENS_COME_FROM = (
    "A token is made by `bs auth`, or on the developer portal of your region "
    "(My Apps, create an application, Credentials)."
)


@command("login")
@click.option("--region", metavar="REGION", help="A region's code, as `bstui regions` lists them.")
@click.option("--server", metavar="URL", help="Another server's address instead of a region.")
@click.option(
    "--find-region",
    "finds",
    is_flag=True,
    help="Show a refused token to the other regions too, and take the one that knows it.",
)
@click.option("--device", is_flag=True, help="Without a token: accept the login in a browser.")
@click.argument("name", required=False)
def login(
    session: Session,
    name: str | None,
    region: str | None,
    server: str | None,
    finds: bool,
    device: bool,
) -> int:
    """Try a token and store it as the profile NAME (else --profile, else `default`).

    The token is asked for without echo, or read from standard input.
    """
    if region and server:
        raise UsageError("--region and --server exclude each other.", hint="Give one of them.")
    if device and finds:
        raise UsageError(
            "--device and --find-region exclude each other.",
            why="A login by browser makes a token of the region that it is asked of.",
            hint="Give --region with --device.",
        )
    name = name or session.profile_name or "default"
    address = parse_server(server or region or "use1")
    bundle = session.settings.ca_bundle
    if device:
        token = run_calls(_token_by_device(session, address))
        identity = run_calls(_identify(address, token, bundle))
    else:
        token = _read_token()
        try:
            identity = run_calls(_identify(address, token, bundle))
        except (NotLoggedIn, Unreachable) as refused:
            if isinstance(refused, Unreachable) and not finds:
                raise
            address, identity = _find_region(session, address, token, refused, asks=not finds)
    profile = store_profile(session.places, name, address, token, identity)
    say(f"Logged in: {_who(identity)} at {_where(profile)}, stored as the profile {profile.name}.")
    if not identity.may_read:
        say("This token may list but not read: imports need one with the scope READ GLOBAL.")
    return 0


async def _token_by_device(session: Session, server: str) -> Secret:
    known = session.settings.login
    if not (known.client_id and known.client_secret):
        raise UsageError(
            "A login by browser needs an application, and the settings name none.",
            why="login.client_id and login.client_secret are not set.",
            hint="Make one on the developer portal of your region (My Apps), or use a token: "
            "`bstui login`.",
        )
    secret = Secret(known.client_secret.get_secret_value())
    bundle = session.settings.ca_bundle
    async with DeviceLogin(server, known.client_id, secret, ca_bundle=bundle) as device:
        code = await device.begin()
        say("Open this address in a browser, with the workgroup active that is meant, and accept:")
        click.echo(f"  {code.address}", err=True)  # its query is meant to be read
        say(f"  code {code.user_code}, good for {math.ceil(code.seconds / 60)} minutes")
        return await device.wait(code)


def _find_region(
    session: Session, server: str, token: Secret, refused: BstuiError, *, asks: bool
) -> tuple[str, Identity]:
    """Where a refused token belongs, if its owner consents to ask; else the refusal again."""
    known = [profile.server for profile in find_profiles(session.places, session.environ)]
    others = other_servers(server, known)
    names = ", ".join(_region_name(other) for other in others)
    if not others or (asks and not _may_ask(refused, names)):
        raise refused
    found, silent = run_calls(_try_all(token, others, session.settings.ca_bundle))
    if found is not None and found.identity is not None:
        say(f"{_region_name(found.server)} knows this token.")
        return found.server, found.identity
    if isinstance(refused, Unreachable):
        silent = [server, *silent]
    unasked = f" Not reached: {', '.join(map(_region_name, silent))}." if silent else ""
    raise NotLoggedIn(
        "No region that could be asked knows this token.",
        why=f"It was shown to {_region_name(server)}, {names}.{unasked}",
        hint="It was revoked, or was copied wrong: make another. " + _WHERE_TOKENS_COME_FROM,
        details=refused.details,
    )


def _may_ask(refused: BstuiError, names: str) -> bool:
    if not is_terminal():
        return False
    report(refused)
    return click.confirm(f"Show this token to the other regions ({names})?", err=True)


async def _try_all(
    token: Secret, servers: Sequence[str], ca_bundle: str | None
) -> tuple[Tried | None, list[str]]:
    """The server that knows the token, if one does; and those that could not be asked."""
    silent: list[str] = []
    async for tried in try_servers(token, servers, ca_bundle):
        if tried.identity is not None:
            return tried, silent
        if not tried.is_refused:
            silent.append(tried.server)
    return None, silent


def _region_name(server: str) -> str:
    region = find_region(server)
    return f"{region.code} ({region.place})" if region else server


@command("logout")
@click.argument("name", required=False)
def logout(session: Session, name: str | None) -> int:
    """Remove the profile NAME (else --profile, else `default`) and its token from this machine."""
    name = name or session.profile_name or "default"
    remove_profile(session.places, name)
    say(f"The profile {name} was removed. The token itself stays valid until it is revoked.")
    return 0


@command("whoami")
@click.option("--all", "every", is_flag=True, help="Every profile, and workgroups without one.")
def whoami(session: Session, every: bool) -> int:
    """Say for whom the chosen token acts: a person, or one workgroup."""
    if not every:
        profile = session.choose_profile()
        identity = run_calls(_identify(profile.server, profile.token, session.settings.ca_bundle))
        session.output.write_facts(_identity_row(profile, identity))
        return 0
    profiles = find_profiles(session.places, session.environ)
    if not profiles:
        raise NotLoggedIn("There is no profile yet.", hint="Run `bstui login` first.")
    rows, code = run_calls(_identify_all(session, profiles))
    keys = ("name", "region", "user", "kind", "email", "source")
    session.output.write(keys, rows)
    return code


@command("regions")
@click.option("--ping", is_flag=True, help="Ask each whether it answers, without a token.")
@click.argument("chosen", nargs=-1, metavar="[REGION]...")
def regions(session: Session, ping: bool, chosen: Sequence[str]) -> int:
    """List the regions that BaseSpace is known to have, or the REGIONs and servers given."""
    profiles = find_profiles(session.places, session.environ)
    servers = [parse_server(text) for text in chosen] or [region.api for region in REGIONS]
    rows = [_region_row(server, profiles) for server in dict.fromkeys(servers)]
    keys: tuple[str, ...] = ("id", "name", "api", "profiles")
    code = 0
    if ping:
        answers = run_calls(ping_all([row["api"] for row in rows], session.settings.ca_bundle))
        for row, answer in zip(rows, answers, strict=True):
            row |= _ping_row(answer)
        code = 0 if all(not answer.problem for answer in answers) else 1
        keys = ("id", "name", "api", "answers", "milliseconds", "problem")
    session.output.write(keys, rows)
    return code


def _region_row(server: str, profiles: Sequence[Profile]) -> dict[str, Any]:
    region = find_region(server)
    return {
        "id": region.code if region else OTHER,
        "name": region.place if region else "",
        "api": server,
        "web": web_address(server),
        "profiles": [profile.name for profile in profiles if profile.server == server],
    }


def _ping_row(answer: Answered) -> dict[str, Any]:
    seconds = answer.seconds
    return {
        "answers": not answer.problem,
        "milliseconds": None if seconds is None else round(seconds * 1000),
        "problem": answer.problem,
    }


def _read_token() -> Secret:
    text = getpass.getpass("Token: ") if is_terminal() else sys.stdin.readline()
    if not text.strip():
        raise UsageError("No token was given.", hint=_WHERE_TOKENS_COME_FROM)
    return parse_token(text)


async def _identify(server: str, token: Secret, ca_bundle: str | None) -> Identity:
    async with Client(server, token, ca_bundle=ca_bundle, on_wait=WaitingLine()) as client:
        return await client.identity()


async def _identify_all(
    session: Session, profiles: list[Profile]
) -> tuple[list[dict[str, Any]], int]:
    """A row for each profile, and one for each workgroup that has none; the exit code."""
    async with AsyncExitStack() as opened:
        accounts: list[tuple[Client, Identity]] = []

        async def one(profile: Profile) -> dict[str, Any] | BstuiError:
            if profile.problem:
                return NotLoggedIn(f"The profile {profile.name}: {profile.problem}")
            try:
                client = await opened.enter_async_context(session.open(profile))
                identity = await client.identity()
            except BstuiError as error:
                return error
            accounts.append((client, identity))
            return _identity_row(profile, identity)

        answers = await asyncio.gather(*(one(profile) for profile in profiles))
        missing = await find_tokenless(accounts)
    code = 0
    for answer in answers:
        if isinstance(answer, BstuiError):
            code = report(answer)
    rows = [answer for answer in answers if not isinstance(answer, BstuiError)]
    for workgroup in missing:
        say(workgroup.advice)
    return rows + [_tokenless_row(workgroup) for workgroup in missing], code


def _tokenless_row(one: Tokenless) -> dict[str, Any]:
    """The same keys as of a profile: a program sees by `source` that there is none."""
    return {
        "id": one.workgroup.id,
        "name": "",
        "user": one.workgroup.name,
        "kind": "workgroup",
        "person": None,
        "email": "",
        "region": region_code(one.server),
        "server": one.server,
        "scopes": [],
        "source": "no token",
    }


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
