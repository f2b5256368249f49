"""Reports of jobs, left where a person finds them."""

from collections.abc import Callable
from pathlib import Path

from bstui.jobs.folder import JobFolder
from bstui.paths import Places, make_private, write_whole
from bstui.text import safe_name


class Reports:
    """The folder of reports, and how one is made."""

    def __init__(self, places: Places, page_of: Callable[[JobFolder], str]) -> None:
        """`page_of` makes a job's report as a page of HTML; it reads a disk."""
        self.folder = places.state / "reports"
        self._page_of = page_of

    def write(self, job: JobFolder) -> Path:
        """The report of a job as it is now, in place of an older one: where it is."""
        path = make_private(self.folder) / safe_name(f"{job.header().name}.html")
        write_whole(path, self._page_of(job).encode())
        return path
