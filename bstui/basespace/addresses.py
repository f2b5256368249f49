"""What people paste: web addresses of BaseSpace, addresses of its API, and ids.

The web knows `/run/<id>/<name>`, `/project/<id>/<name>`, `/biosamples/<id>`, older plurals and
capitals (BaseSpace API §5.2); the API's `Href` fields say the same in `v1pre3/…` and `v2/…`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from bstui.basespace.regions import OTHER, is_loopback, region_of_host
from bstui.errors import UsageError

_ID = re.compile(r"\d+|ds\.[0-9a-zA-Z]+|r\.[0-9a-zA-Z_-]+")
_FILE_ID = re.compile(r"r?\d+(_\d+)?")
_RUN_FILE_ID = re.compile(r"r\d+_\d+")
_BARE = re.compile(r"([\w-]+\.)*illumina\.com(\.cn)?/", re.IGNORECASE)


class Kind(StrEnum):
    """What an id is the id of."""

    PROJECT = "project"
    RUN = "run"
    BIOSAMPLE = "biosample"
    DATASET = "dataset"
    FILE = "file"


_WORDS = {word: kind for kind in Kind for word in (kind.value, f"{kind.value}s")}
_ILLUMINA = re.compile(r"(^|\.)illumina\.com(\.cn)?$")
_ELSEWHERE = {
    "s": ("a link that shares something", "Open it in the browser and accept; then it is listed."),
    "analysis": ("an analysis", "Select the project, run or biosample that its data belongs to."),
    "analyses": ("an analysis", "Select the project, run or biosample that its data belongs to."),
    "sample": ("a sample of the old kind", "Select the biosample of the same name."),
    "samples": ("a sample of the old kind", "Select the biosample of the same name."),
    "appresults": ("results of the old kind", "Select the project or biosample that they are of."),
    "library": ("a library", "Select the biosample that it was made of."),
    "libraries": ("a library", "Select the biosample that it was made of."),
}


@dataclass(frozen=True)
class Address:
    """A thing of BaseSpace, by its kind and id."""

    kind: Kind
    id: str
    region: str = ""
    """The code of the region that a web address is of, `other` where it is not in our table;
    empty for an id, which does not say."""


def is_id(text: str) -> bool:
    """Whether `text` is an id rather than a name: all digits, `ds.…` or `r.…`."""
    return _ID.fullmatch(text) is not None


def recognise(text: str) -> Address | None:
    """What a pasted address, or an id that tells its kind, means; None for anything else.

    All digits tell no kind. UsageError for an address of BaseSpace that is no data to import.
    """
    given = text.strip()
    if re.match(r"https?://", given, re.IGNORECASE):
        return _recognise_address(given)
    if _BARE.match(given):  # as browsers show it, without https://
        return _recognise_address(f"https://{given}")
    if re.match(r"/?(v1pre3|v2)/", given):
        return _innermost(given, "")
    if _RUN_FILE_ID.fullmatch(given):
        return Address(Kind.FILE, given)
    if not is_id(given) or given.isdecimal():
        return None
    return Address(Kind.DATASET if given.startswith("ds.") else Kind.RUN, given)


def _recognise_address(given: str) -> Address | None:
    try:
        parts = urlsplit(given)
        host = parts.hostname or ""
    except ValueError:
        return None
    region = region_of_host(host)
    if region is None and not (is_loopback(host) or _ILLUMINA.search(host)):
        return None
    found = _innermost(f"{parts.path}/{parts.fragment}", region.code if region else OTHER)
    if found is None:
        _refuse(given, parts.path)
    return found


def _innermost(path: str, region: str) -> Address | None:
    """The last kind and id that stand together: `/projects/1/biosamples/2` is a biosample."""
    words = [unquote(word) for word in path.split("/") if word]
    for word, following in reversed(list(pairwise(words))):
        kind = _WORDS.get(word.lower())
        pattern = _FILE_ID if kind is Kind.FILE else _ID
        if kind and pattern.fullmatch(following):
            return Address(kind, following, region)
    return None


def _refuse(given: str, path: str) -> None:
    word = path.strip("/").split("/")[0].lower()
    if word in _ELSEWHERE:
        what, hint = _ELSEWHERE[word]
        raise UsageError(f"{given} is the address of {what}.", why="It is no data.", hint=hint)
