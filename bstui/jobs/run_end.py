"""What is done at the end of a raw run's import: the sample sheet is kept, the run is proven."""

from collections.abc import Callable

from bstui.jobs.access import Access
from bstui.jobs.completeness import keep_proof
from bstui.jobs.edited_sheet import keep_edited_sheet
from bstui.jobs.folder import JobFolder
from bstui.jobs.recording import Recorder


async def conclude_run(
    folder: JobFolder,
    access: Access,
    recorder: Recorder,
    note: Callable[[str, str], None],
    failed: int,
    is_stopped: Callable[[], bool],
) -> None:
    """Both, with what there is to tell of them. InUse where a newer attempt holds the job."""
    await keep_edited_sheet(folder, access, recorder, note)
    await keep_proof(folder, recorder, note, failed, is_stopped)
