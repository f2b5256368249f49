"""`search`: the small part of Lucene's language that looking something up by name needs."""

import re
from collections.abc import Callable

from bstui.simulator.bodies import V1, Json
from bstui.simulator.calls import Call, Refused, error_body
from bstui.simulator.paging import Order, take_page
from bstui.simulator.run_bodies import v1_run_body

_TERM = re.compile(r'(?:(?P<field>\w+):)?(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')


def search(call: Call, root: str) -> Json:
    """Runs and projects whose fields hold what is asked for; loose, as the service is."""
    matches = parse_query(call.query.text("query"))
    scope = call.query.words("scope")
    found: list[Json] = []
    if "projects" in scope:
        for project in call.view.projects():
            if matches({"name": project.name, "id": project.id}):
                found.append({"Type": "project", "Project": call.project_body(project, root)})
    if "runs" in scope:
        for run in call.view.runs():
            names = {"name": run.name, "experimentname": run.experiment, "id": run.id}
            if matches(names):
                found.append({"Type": "run", "Run": v1_run_body(run)})
    page = take_page(found, call.query, Order[Json]({"Id": lambda item: str(item["Type"])}))
    if root == V1:
        return {"Items": page.items} | page.paging()
    return {"Items": page.items, "Paging": page.paging()}


def parse_query(text: str) -> Callable[[dict[str, str]], bool]:
    """A test of a thing's fields; what Lucene would not parse is a 500, as in the service."""
    if text.count('"') % 2 or re.search(r"[\[\](){}^~!]", re.sub(r'"[^"]*"', "", text)):
        raise Refused(500, error_body("An unexpected error has occurred.", "Exception"))
    terms = [
        ((match["field"] or "").lower(), (match["quoted"] or match["word"] or "").lower())
        for match in _TERM.finditer(text)
    ]
    return lambda fields: all(
        any(value in text.lower() for name, text in fields.items() if field in ("", name))
        for field, value in terms
        if value != "and"
    )
