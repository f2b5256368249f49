"""The properties of v1's things by themselves: all, one by its name, and the items of one."""

import sys
from functools import partial

from bstui.simulator import bodies, classic
from bstui.simulator.bodies import V1, Json
from bstui.simulator.calls import Call, Handler, enveloped, unknown_route
from bstui.simulator.paging import UNSORTED, take_page


def _find(call: Call, kind: str, most: int = bodies.ITEMS_SHOWN) -> list[Json]:
    """The properties of the thing that the path names; projects and files have none."""
    match kind:
        case "runs":
            return classic.run_outputs(call, most)
        case "samples":
            return classic.sample_properties(call, most)
        case "appresults":
            return classic.result_properties(call, most)
        case "appsessions":
            return classic.session_properties(call, most)
        case "projects":
            call.project()
        case "files":
            call.file()
    return []


def _named(call: Call, kind: str, most: int = bodies.ITEMS_SHOWN) -> Json:
    name = call.parts["name"].lower()
    for item in _find(call, kind, most):
        if str(item["Name"]).lower() == name:
            return item
    raise unknown_route()


def _all(kind: str, call: Call) -> Json:
    return bodies.properties_body(f"{V1}/{kind}/{call.parts['id']}", _find(call, kind))


def _one(kind: str, call: Call) -> Json:
    return _named(call, kind)


def _items(kind: str, call: Call) -> Json:
    listed = _named(call, kind, sys.maxsize).get("Items")
    if not isinstance(listed, list):
        raise unknown_route()
    page = take_page(listed, call.query, UNSORTED)
    items = [{"Id": item["Id"], "Content": item} for item in page.items]
    return {"Items": items} | page.paging()


ROUTES: dict[str, Handler] = {
    f"/v1pre3/{kind}/{{id}}/properties{end}": enveloped(partial(answer, kind))
    for kind in ("runs", "samples", "appresults", "appsessions", "projects", "files")
    for end, answer in (("", _all), ("/{name}", _one), ("/{name}/items", _items))
}
