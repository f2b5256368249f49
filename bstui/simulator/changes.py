"""The calls that change data: restore, archive, unzip. What they begin ends when it is told to.

The service takes minutes to days; here `Faults.become` ends it at once: `restored`, `unzipped`.
"""

from collections.abc import Callable, Iterator

from bstui.simulator.account import Dataset, Run, Storage
from bstui.simulator.bodies import Json
from bstui.simulator.calls import Call, Handler, not_allowed
from bstui.simulator.paging import BadParameter


def _named(call: Call) -> Iterator[Run | Dataset]:
    """The runs and datasets in the body; all must be the caller's own."""
    view, region = call.view, call.region
    for key, kind in (("RunIds", "Run"), ("DatasetIds", "Dataset")):
        ids = call.body.get(key, [])
        if not isinstance(ids, list):
            raise BadParameter(f"{key} must be a list.")
        for name in map(str, ids):
            held: Run | Dataset | None = (
                region.runs.get(name) if kind == "Run" else region.datasets.get(name)
            )
            owner = None if held is None else _owner(held)
            if held is None or owner != view.grant.user.id:
                raise not_allowed("WRITE", kind)
            yield held


def _owner(held: Run | Dataset) -> str:
    return held.owner.id if isinstance(held, Run) else held.project.owner.id


def _change(before: Storage, begin: Callable[[Call, Run | Dataset], None]) -> Handler:
    def handler(call: Call) -> Json:
        for held in list(_named(call)):
            if held.storage is before:
                begin(call, held)
        return {}

    return handler


def _begin_unzip(call: Call, held: Run | Dataset) -> None:
    held.storage = Storage.UNZIPPING


def _archive(call: Call, held: Run | Dataset) -> None:
    call.host.states.store(Storage.ARCHIVED, held)


def _ask_restore(call: Call, held: Run | Dataset) -> None:
    """Up to two days: what is asked for stays archived until it is told to be `restored`."""


CHANGES: dict[str, Handler] = {
    "/v2/restore": _change(Storage.ARCHIVED, _ask_restore),
    "/v2/archive": _change(Storage.READY, _archive),
    "/v2/unzip": _change(Storage.ZIPPED, _begin_unzip),
}
