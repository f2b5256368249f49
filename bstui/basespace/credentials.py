"""Which token acts, for which server, and where it comes from.

In this order: the profile that is named, `BSTUI_ACCESS_TOKEN` with `BSTUI_API_SERVER`,
`BASESPACE_ACCESS_TOKEN` with `BASESPACE_API_SERVER`, our own profiles, those of the official
command (`~/.basespace/*.cfg`, BaseSpace API §2.6), and that of its old Python kit. Tokens
are in a `Secret` from the first line.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import msgspec

from bstui.basespace.models import Identity
from bstui.basespace.regions import DEFAULT, parse_server, region_code
from bstui.errors import AmbiguousName, BstuiError, NotFound, NotLoggedIn, UsageError
from bstui.paths import Places, is_private, make_private, sync_folder, write_whole
from bstui.text import Secret, safe_name, safe_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ENVIRONMENT = "env"
_OFFICIAL = "bs-"
_OLD_KIT = ".basespacepy.cfg"
"""In the home directory; taken where the official command has stored nothing."""
_VARIABLES = (
    ("BSTUI_ACCESS_TOKEN", "BSTUI_API_SERVER"),
    ("BASESPACE_ACCESS_TOKEN", "BASESPACE_API_SERVER"),
)


class Source(StrEnum):
    """Where a profile comes from."""

    ENVIRONMENT = "environment"
    OWN = "own"
    OFFICIAL = "official"


@dataclass(frozen=True)
class Profile:
    """A named server and token. The token acts for one workspace, for life."""

    name: str
    server: str
    """`https://host[:port]`, or empty where `problem` says why."""
    token: Secret
    source: Source
    region: str
    """The region's code, or `other`."""
    identity: Identity | None = None
    """Whom it acts for, as found at login; None where nobody has asked yet."""
    problem: str = ""
    """Why it cannot be used and what to do, in sentences; empty where it can."""

    def identified(self, identity: Identity) -> "Profile":
        """The same, once the server has said whom it acts for."""
        if self.source is not Source.ENVIRONMENT:
            return replace(self, identity=identity)
        digest = hashlib.sha256(f"{self.server} {identity.id}".encode()).hexdigest()
        return replace(self, identity=identity, name=f"{_ENVIRONMENT}-{digest[:8]}")


def account_key(server: str, identity: Identity) -> str:
    """The account a profile acts for, as part of a file name: `api.…illumina.com-10154153`."""
    return safe_name(f"{server.partition('://')[2]}-{identity.id}")


def parse_token(text: str) -> Secret:
    """A token as pasted or read; UsageError, without the token, where it cannot be one."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            "That is not an access token." if token else "The access token is empty.",
            why="A token is one word of 32 letters and digits.",
            hint="Copy it again, without blanks and line ends.",
        )
    if token.startswith("eyJ") and token.count(".") == 2:
        raise UsageError(
            "That is a JWT, which BaseSpace does not accept as an access token.",
            why="Illumina Connected Analytics gives such tokens.",
            hint="Use a token of 32 letters and digits: from `bs auth`, or from the developer "
            "portal (My Apps, Credentials).",
        )
    return Secret(token)


def find_profiles(places: Places, environ: Mapping[str, str]) -> list[Profile]:
    """Every profile there is, in the order of preference. A broken one has a `problem`."""
    here = [profile for profile in [_from_environment(environ)] if profile]
    own = [_read_own(path) for path in sorted(places.profiles.glob("*.toml"))]
    paths = sorted(places.official_profiles.glob("*.cfg"))
    old = places.home / _OLD_KIT
    official = [_read_official(path) for path in (*paths, *([old] if old.is_file() else []))]
    return here + own + official


def choose_profile(
    places: Places,
    environ: Mapping[str, str],
    name: str | None = None,
    *,
    usual: str | None = None,
) -> Profile:
    """The profile that is named, or the first of the order above.

    Of several equal ones the only, or the one called `default`, is taken; of those on disk the
    `usual` one, where the settings name one. NotLoggedIn, also where the chosen one is broken;
    AmbiguousName where one must be named.
    """
    profiles = find_profiles(places, environ)
    is_here = any(profile.source is Source.ENVIRONMENT for profile in profiles)
    wanted = name or (None if is_here else usual)
    found = _named(profiles, wanted) if wanted else _preferred(profiles)
    if found.problem:
        raise NotLoggedIn(f"The profile {found.name} cannot be used.", why=found.problem)
    return found


def store_profile(
    places: Places, name: str, server: str, token: Secret, identity: Identity | None
) -> Profile:
    """Write `profiles/NAME.toml` (0600), over an older one; UsageError where NAME is unfit."""
    _check_name(name)
    lines = [f"server = {json.dumps(server)}", f"token = {json.dumps(token.reveal())}"]
    if identity is not None:
        known = msgspec.to_builtins(identity)
        lines += ["", "[identity]"]
        # What JSON writes for a text, a boolean and a list of texts, TOML reads; safe_text has
        # made away with the only exception, DEL.
        lines += [f"{key} = {json.dumps(known[key], ensure_ascii=False)}" for key in known]
    make_private(places.profiles)
    write_whole(places.profiles / f"{name}.toml", ("\n".join(lines) + "\n").encode())
    return Profile(name, server, token, Source.OWN, region_code(server), identity)


def remove_profile(places: Places, name: str) -> None:
    """Forget one of our own profiles; the token itself stays valid until it is revoked."""
    if name == _ENVIRONMENT or name.startswith((f"{_ENVIRONMENT}-", _OFFICIAL)):
        raise UsageError(
            f"The profile {safe_text(name)} is not bstui's own.",
            why="`env-…` stands in the environment, `bs-…` in a file of the official command.",
            hint="Unset BSTUI_ACCESS_TOKEN, or remove the file in ~/.basespace.",
        )
    _check_name(name)
    try:
        (places.profiles / f"{name}.toml").unlink()
    except FileNotFoundError as error:
        raise NotFound(
            f"There is no profile {name}.", hint="`bstui whoami --all` lists them."
        ) from error
    sync_folder(places.profiles)


def _check_name(name: str) -> None:
    if name == _ENVIRONMENT or name.startswith((f"{_ENVIRONMENT}-", _OFFICIAL)):
        raise UsageError(
            f"The profile name {name} is taken.",
            why="`env` and `env-…` mean the environment's token, `bs-…` the official command's.",
            hint="Choose another name.",
        )
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a profile.",
            hint="Use up to 64 letters, digits, `.`, `_` and `-`, a letter or digit first.",
        )


def _named(profiles: list[Profile], name: str) -> Profile:
    for profile in profiles:
        by_environment = name == _ENVIRONMENT or name.startswith(f"{_ENVIRONMENT}-")
        if profile.name == name or (profile.source is Source.ENVIRONMENT and by_environment):
            return profile
    raise NotLoggedIn(
        f"There is no profile {safe_text(name)}.",
        why=f"There are: {_listed(profiles)}." if profiles else "There is none at all.",
        hint=f"`bstui login {safe_text(name)}` makes it."
        if _NAME.fullmatch(name) and not name.startswith((_ENVIRONMENT, _OFFICIAL))
        else "Set BSTUI_ACCESS_TOKEN and BSTUI_API_SERVER again, or run `bstui login`.",
    )


def _preferred(profiles: list[Profile]) -> Profile:
    for source in Source:
        there = [profile for profile in profiles if profile.source is source]
        there = [profile for profile in there if profile.name != _name_of(_OLD_KIT)] or there
        default = [p for p in there if p.name in ("default", f"{_OFFICIAL}default")]
        if len(there) == 1 or default:
            return (default or there)[0]
        if there:
            raise AmbiguousName(
                "Several profiles could be meant.",
                why=f"There are: {_listed(there)}.",
                hint="Name one with --profile, or as `profile` in the settings.",
            )
    raise NotLoggedIn(
        "Nobody is logged in to BaseSpace here.",
        why="No profile, no token in the environment, and no ~/.basespace/*.cfg was found.",
        hint="Run `bstui login`, or set BSTUI_ACCESS_TOKEN and BSTUI_API_SERVER.",
    )


def _listed(profiles: list[Profile]) -> str:
    return ", ".join(
        f"{p.name} ({p.region}" + (f", {p.identity.name})" if p.identity else ")") for p in profiles
    )


def _made(name: str, server: str, token: str, source: Source) -> Profile:
    """A profile from the texts of its source; where they are no server or no token, a problem."""
    try:
        address, secret, problem = parse_server(server), parse_token(token), ""
    except BstuiError as error:
        address, secret, problem = "", Secret(""), str(error)
    return Profile(name, address, secret, source, region_code(address), None, problem)


def _broken(name: str, source: Source, problem: str) -> Profile:
    return Profile(name, "", Secret(""), source, region_code(""), None, problem)


def _from_environment(environ: Mapping[str, str]) -> Profile | None:
    for token, server in _VARIABLES:
        if environ.get(token):
            address = environ.get(server) or DEFAULT.api
            return _made(_ENVIRONMENT, address, environ[token], Source.ENVIRONMENT)
    return None


class _Stored(msgspec.Struct):
    """A profile's file."""

    server: str
    token: str
    identity: Identity | None = None


def _read_own(path: Path) -> Profile:
    name = safe_text(path.stem)
    try:
        if not is_private(path):
            return _broken(
                name,
                Source.OWN,
                f"{path} holds a token that others can read, or is not your own file. "
                f"Run: chmod 600 {path}",
            )
        stored = msgspec.convert(tomllib.loads(path.read_text()), _Stored)
    except OSError as error:
        return _broken(name, Source.OWN, f"{path} cannot be read ({error.strerror}).")
    except (ValueError, msgspec.ValidationError) as error:
        # A parser's message may quote the line, and so the token; only its place is kept.
        place = re.search(r"line \d+", str(error))
        where = f" ({place[0]})" if place else ""
        return _broken(
            name,
            Source.OWN,
            f"{path} is not a profile{where}. Run `bstui login {name}` to write it anew.",
        )
    profile = _made(name, stored.server, stored.token, Source.OWN)
    return replace(profile, identity=stored.identity)


def _name_of(file: str) -> str:
    """`default.cfg` is the profile `bs-default`, `.basespacepy.cfg` is `bs-basespacepy`."""
    return f"{_OFFICIAL}{safe_text(file.removeprefix('.').removesuffix('.cfg'))}"


def _read_official(path: Path) -> Profile:
    """A configuration of the official command, of any age: sections, unknown keys are skipped."""
    name = _name_of(path.name)
    if path.is_fifo():  # opening it would wait for somebody to write
        return _broken(name, Source.OFFICIAL, f"{path} is no file but a named pipe.")
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        return _broken(name, Source.OFFICIAL, f"{path} cannot be read ({error.strerror}).")
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    keys = {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}
    token = keys.get("accesstoken", "")
    if not re.fullmatch(r"[0-9A-Za-z_-]{16,64}", token):
        is_encrypted = bool(token) or any("token" in key or "crypt" in key for key in keys)
        held = "an encrypted token, as BaseMount writes it" if is_encrypted else "no token"
        advice = "Run `bs auth --force`, or `bstui login`."
        return _broken(name, Source.OFFICIAL, f"{path} holds {held}. {advice}")
    return _made(name, keys.get("apiserver") or DEFAULT.api, token, Source.OFFICIAL)
