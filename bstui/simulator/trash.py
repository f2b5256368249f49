"""The trash: what its owner has deleted, and can have back."""

from bstui.simulator import bodies, run_bodies, sample_bodies
from bstui.simulator.account import Dataset, Held, Result, Run
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Call, Handler, not_allowed
from bstui.simulator.classic_bodies import result_body
from bstui.simulator.paging import Order, take_page

Thing = Run | Dataset | Result


def _entry(thing: Thing) -> str:
    """The id of a thing's entry in the trash, which is not its own."""
    return f"7{int(thing.id.removeprefix('ds.')[:8], 16):010}"


def _deleted(call: Call) -> list[Thing]:
    """What the token's user has put there."""
    region, me = call.region, call.grant.user
    runs = [run for run in region.runs.values() if run.owner is me]
    outputs = (output for session in region.sessions.values() for output in session.outputs)
    mine = (output for output in outputs if output.project.owner is me)
    return [thing for thing in (*runs, *mine) if thing.is_deleted]


def list_trash(call: Call) -> Json:
    order = Order[Thing](
        {"DateDeleted": lambda thing: thing.deleted, "TotalSize": lambda thing: thing.size}
    )
    page = take_page(_deleted(call), call.query, order)
    return {"Items": [_body(call, t) for t in page.items], "Paging": page.paging()}


def _body(call: Call, thing: Thing) -> Json:
    entry = _entry(thing)
    href = f"{call.root}/trash/{entry}"
    assert thing.deleted is not None, "it is in the trash"
    return {
        "Id": entry,
        "Name": thing.name,
        "Href": href,
        "DateDeleted": bodies.stamp(thing.deleted.replace(microsecond=0)),
        "TotalSize": thing.size,
        **_named(call, thing),
        "IsVisibleInTrash": True,
        "TrashStatus": "Trashed",
        "HrefPostRestoreFromTrash": f"{href}/restorefromtrash",
    }


def _named(call: Call, thing: Thing) -> Json:
    if isinstance(thing, Run):
        return {"DeletedRun": run_bodies.v1_run_body(thing)}
    if isinstance(thing, Result):
        return {"DeletedAppResult": result_body(thing)}
    size = call.size_of(thing.project)
    return {"DeletedDataset": sample_bodies.dataset_body(thing, call.root, size)}


def restore_from_trash(call: Call) -> Json:
    found: Held | None = next((t for t in _deleted(call) if _entry(t) == call.parts["id"]), None)
    if found is None:
        raise not_allowed("WRITE", "Trash")
    found.deleted = None
    call.region.version += 1
    return {}


ROUTES: dict[str, Handler] = {"/v2/trash": list_trash}
CHANGES: dict[str, Handler] = {"/v2/trash/{id}/restorefromtrash": restore_from_trash}
