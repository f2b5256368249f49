"""The JSON of BaseSpace's things, as recorded: nulls left out, dates with seven digits.

`root` says which API speaks: `v1pre3` makes relative addresses and v1's fields, an absolute
`https://…/v2` v2's. Runs nested in v2 bodies stay v1's, as they do in the service.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Protocol, TypeAlias
from urllib.parse import quote

from bstui.simulator.account import Grant, Project, Run, StoredFile, User

Json: TypeAlias = dict[str, object]

V1 = "v1pre3"
ITEMS_SHOWN = 50
"""Items of a property that a resource shows by itself."""
_NEVER = "0001-01-01T00:00:00.0000000Z"
_GRAVATAR = "https://secure.gravatar.com/avatar/{}.jpg?s=20&d=mm&r=PG"


_WEB = "https://basespace.invalid"
"""Stands for the service's web pages, which nobody simulates."""


def page_of(kind: str, name: str, title: str) -> str:
    """The web page of a thing (HrefBaseSpaceUI)."""
    return f"{_WEB}/{kind}/{name}/{quote(title, safe='')}"


@lru_cache(4096)
def stamp(moment: datetime) -> str:
    """A date as BaseSpace writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def user_body(user: User, root: str) -> Json:
    """A user as other things name it."""
    is_v1 = root == V1
    body: Json = {
        "Id": user.id,
        "Href": f"{root}/users/{user.id}",
        "Name": user.name,
        "DateCreated": _NEVER if is_v1 else stamp(user.created),
        "GravatarUrl": _GRAVATAR.format("0" * 32),
    }
    if not is_v1:
        body["HrefProperties"] = f"{root}/users/current/properties"
        body["ExternalDomainId"] = "U0lNVUxBVEVE"
    return body


def whole_user_body(user: User, root: str) -> Json:
    """A user by itself, `users/current`."""
    person = user.person or user
    return user_body(user, root) | {
        "DateCreated": stamp(user.created),
        "Email": user.email,
        "DateLastActive": stamp(user.created),
        "HrefRuns": f"{root}/users/{user.id}/runs",
        "HrefProjects": f"{root}/users/{user.id}/projects",
        "IsWorkgroup": user.is_workgroup,
        "Roles": [],
        "LoggedInUser": {"Id": person.id, "Name": person.name, "Email": person.email},
    }


def token_body(grant: Grant, token: str) -> Json:
    """`oauthv2/token/current`, as the C# SDK models it."""
    return {
        "Id": str(int(token[:8], 16)),
        "AccessToken": token,
        "Href": f"{V1}/oauthv2/token/current",
        "UserResourceOwner": user_body(grant.user, V1) | {"Email": grant.user.email},
        "Status": "Active",
        "DateCreated": stamp(grant.user.created),
        "Scopes": list(grant.scopes),
    }


def project_body(project: Project, root: str, size: int) -> Json:
    pending: Json = {"IsTransferPending": True} if project.is_transfer_pending else {}
    return pending | {
        "Id": project.id,
        "UserOwnedBy": user_body(project.owner, root),
        "Href": f"{root}/projects/{project.id}",
        "Name": project.name,
        "Description": project.description,
        "DateCreated": stamp(project.created),
        "DateModified": stamp(project.created),
        "HasCollaborators": bool(project.readers),
        "TotalSize": size,
    }


def file_body(file: StoredFile, name: str, root: str, content: str = "") -> Json:
    """A file under its id `name`; `content` is its signed address where that was asked for."""
    href = f"{root}/files/{name}"
    body: Json = {
        "Id": name,
        "Href": href,
        "HrefContent": content or f"{href}/content",
        "Name": file.name,
        "ContentType": file.content_type,
        "Size": file.content.size,
        "Path": file.path,
        "IsArchived": file.is_archived,
        "DateCreated": stamp(file.created),
        "DateModified": stamp(file.modified),
    }
    if file.etag:
        body["ETag"] = file.etag
    return body


def listed_file_body(file: StoredFile, name: str, root: str, content: str) -> Json:
    """A file as listed: other than a run's, with its id as a number, too."""
    number: Json = {} if isinstance(file.owner, Run) else {"IdAsLong": int(file.id)}
    return file_body(file, name, root, content) | number


def property_body(
    owner: str, kind: str, name: str, items: list[Json], key: str, most: int = ITEMS_SHOWN
) -> Json:
    """A property with items, of which a resource shows 50; `key` is what v2 calls their list."""
    href = f"{owner}/properties/{name}"
    shown = items[:most]
    return {
        "Type": f"{kind}[]",
        "Href": href,
        "Name": name,
        "Description": "",
        key: shown,
        "HrefItems": f"{href}/items",
        "ItemsDisplayedCount": len(shown),
        "ItemsTotalCount": len(items),
    }


def properties_body(owner: str, properties: Iterable[Mapping[str, object]]) -> Json:
    items = list(properties)
    return {
        "Items": items,
        "DisplayedCount": len(items),
        "TotalCount": len(items),
        "Href": f"{owner}/properties",
    }


class Limits(Protocol):
    """What a query says of how much is shown of a resource's properties."""

    def number(self, name: str, default: int) -> int: ...


def cut_properties(owner: str, properties: Sequence[Json], limits: Limits) -> Json:
    """The properties that a resource shows by itself: so many, with so many items each."""
    most = limits.number("propertyitemslimit", ITEMS_SHOWN)
    shown = [_cut(item, most) for item in properties[: limits.number("propertieslimit", 1024)]]
    body = properties_body(owner, shown)
    return body | {"TotalCount": len(properties)}


def _cut(item: Json, most: int) -> Json:
    """A property with no more items than these."""
    lists = {key: value[:most] for key, value in item.items() if isinstance(value, list)}
    shown = max((len(value) for value in lists.values()), default=0)
    return item | lists | ({"ItemsDisplayedCount": shown} if lists else {})
