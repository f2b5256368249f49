"""What befalls data while somebody looks: uploads end, runs are archived, zipped, deleted, moved.

`change_state` is asked for through `Faults.become`, so from tests and over HTTP alike.
"""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from bstui.simulator.account import Dataset, Run, Storage, StoredFile
from bstui.simulator.contents import Batch, Spool
from bstui.simulator.region import Region

_CALLS = "Data/Intensities/BaseCalls"
_IMAGES = ("Thumbnail_Images/", "Images/")


class States:
    """Changes the runs and datasets of a region."""

    def __init__(self, region: Region, spool: Spool, names: Callable[[], str]) -> None:
        self.region = region
        self._spool = spool
        self._lock = threading.Lock()
        self._names = names
        """Where zip files are: `lane` or `folder`."""

    def change(self, thing: str, state: str) -> bool:
        """Whether this region has the run or dataset; a ValueError for a state there is not."""
        held = self.region.runs.get(thing) or self.region.datasets.get(thing)
        if state not in STATES:
            raise ValueError(f"a state is one of: {', '.join(STATES)}")
        if held is not None:
            STATES[state](self, held)
            self.region.version += 1
        return held is not None

    def upload(self, held: Run | Dataset, count: int | None = None) -> None:
        """Let so many more files arrive; all, and the end of the upload, where none are told."""
        with self._lock:
            self._upload(held, count)

    def go_on(self, held: Run | Dataset) -> None:
        """What goes on by itself: somebody has listed the files, and some more arrive."""
        if held.upcoming and held.arriving:
            self.upload(held, held.arriving)
            if not held.upcoming:
                self.upload(held)

    def _upload(self, held: Run | Dataset, count: int | None) -> None:
        arrived, held.upcoming = held.upcoming[:count], held.upcoming[count or len(held.upcoming) :]
        for file in arrived:
            self.region.add_file(file)
        self.region.version += 1
        if isinstance(held, Dataset):
            held.session.forget_size()
        held.files = held.files + arrived
        if count is None:
            held.upload_status = "Completed"
            if isinstance(held, Run):
                held.status = "Complete"

    def store(self, storage: Storage, held: Run | Dataset) -> None:
        if held.unzipped and storage is not Storage.UNZIPPING:
            held.files, held.unzipped = held.unzipped, []
        held.storage = storage
        self.region.version += 1
        if storage is Storage.ZIPPED and isinstance(held, Run):
            self._zip(held)

    def fail(self, held: Run | Dataset) -> None:
        held.upload_status = "Failed"
        if isinstance(held, Run):
            held.status = "Failed"

    def restart(self, held: Run | Dataset) -> None:
        """The upload goes on: what comes now is told by further uploads."""
        held.upload_status = "Uploading"
        if isinstance(held, Run):
            held.status = "Uploading"

    def _zip(self, run: Run) -> None:
        """Put zip files in the place of base calls and images, as it is done after 90 days."""
        groups: dict[str, list[StoredFile]] = {}
        kept = []
        for file in run.files:
            name = self._zip_of(file.path)
            if name:
                groups.setdefault(name, []).append(file)
            else:
                kept.append(file)
        zipped = [self._zip_file(run, name, files) for name, files in groups.items()]
        run.unzipped, run.files = run.files, kept + zipped

    def _zip_of(self, path: str) -> str:
        """The path of the zip file that a file goes into; empty where it stays as it is."""
        if path.startswith(_IMAGES):
            return f"{path.split('/')[0]}.zip"
        if not path.startswith(f"{_CALLS}/L"):
            return ""
        lane = path.removeprefix(f"{_CALLS}/").split("/")[0]
        return f"{_CALLS}/{lane}.zip" if self._names() == "lane" else f"{_CALLS}/{lane}/{lane}.zip"

    def _zip_file(self, run: Run, path: str, files: list[StoredFile]) -> StoredFile:
        name = f"r{run.id}_{self.region.key_of(path)[:12]}"
        if name not in self.region.files:
            content = Batch(self._spool, partial(_zips, files)).add()
            key = self.region.key_of(name)
            self.region.add_file(StoredFile(name, path, content, run.created, key, run))
        return self.region.files[name]


def _zips(files: list[StoredFile]) -> Iterator[bytes]:
    """One zip file of some files, under their paths in the run folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.path), file.content.read())
    yield packed.getvalue()


def _mark_deleted(states: States, held: Run | Dataset) -> None:
    held.deleted = datetime.now(UTC)


def _offer(states: States, held: Run | Dataset) -> None:
    held.is_transfer_pending = True


def _keep(states: States, held: Run | Dataset) -> None:
    held.is_transfer_pending, held.deleted = False, None


def _edit_sheet(states: States, held: Run | Dataset) -> None:
    if isinstance(held, Run):
        held.edited_project = "Edited in BaseSpace"


def _storing(storage: Storage) -> Callable[[States, Run | Dataset], None]:
    return lambda states, held: states.store(storage, held)


STATES: dict[str, Callable[[States, Run | Dataset], None]] = {
    "uploading": States.restart,
    "uploaded": States.upload,
    "failed": States.fail,
    "deleted": _mark_deleted,
    "transfer-pending": _offer,
    "kept": _keep,
    "sheet-edited": _edit_sheet,
    "restored": _storing(Storage.READY),
    "unzipped": _storing(Storage.READY),
    **{storage.value: _storing(storage) for storage in Storage},
}
"""What a run or dataset can be told to become. `restored` and `unzipped` are `ready`; `kept` takes
`deleted` and `transfer-pending` back."""
