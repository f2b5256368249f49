"""A job that brings again what is no longer as it was, and nothing else.

Bad bytes keep their name with `.bad` behind it: somebody may want to know what happened to them.
"""

import contextlib
import errno
import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bstui.basespace.models import Identity
from bstui.errors import DestinationError
from bstui.jobs.identifiers import new_id
from bstui.jobs.manifest import RecordedFile, planned_again
from bstui.jobs.records import FORMAT, Launcher, Options, PlanFile, PlanHeader
from bstui.text import safe_text
from bstui.transfer.beneath import Destination, sync

_BAD = ".bad"


class Repair(NamedTuple):
    """What a job is made of."""

    header: PlanHeader
    files: tuple[PlanFile, ...]


def plan_repair(
    files: Sequence[RecordedFile],
    destination: Path,
    *,
    now: float,
    name: str,
    profile: str,
    region: str,
    identity: Identity,
    launcher: Launcher,
    options: Options,
    umask: int,
) -> Repair:
    """The job that fetches these files of an earlier import again, to where they stood."""
    planned = tuple(map(planned_again, files))
    header = PlanHeader(
        format=FORMAT,
        id=new_id(now),
        name=name,
        created=now,
        profile=profile,
        region=region,
        identity_id=identity.id,
        identity=identity.name,
        destination=str(destination),
        launcher=launcher,
        options=options,
        files=len(planned),
        bytes=sum(file.size for file in planned),
        sources=_sources(files),
        samples=len({file.sample for file in files if file.sample}),
        umask=umask,
    )
    return Repair(header, planned)


def set_aside(destination: Path, paths: Sequence[str]) -> None:
    """Give what stands under these paths the name `.bad`; what is not there, is not there.

    DestinationError where that cannot be.
    """
    beneath = Destination(destination)
    try:
        for path in paths:
            with beneath.parent(path) as (folder, name), contextlib.suppress(FileNotFoundError):
                _rename(folder, name, path)
                sync(folder)
    finally:
        beneath.close()


def _rename(folder: int, name: str, path: str) -> None:
    os.lstat(name, dir_fd=folder)
    for number in itertools.count(1):
        aside = f"{name}{_BAD}" if number == 1 else f"{name}.{number}{_BAD}"
        try:
            # A link fails where the name is taken, as a rename would not.
            os.link(name, aside, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
                raise
            raise DestinationError(
                f"{safe_text(path)} cannot be set aside: {error.strerror}.",
                hint="Rename or remove it, and verify again.",
            ) from error
        os.unlink(name, dir_fd=folder)
        return


def _sources(files: Sequence[RecordedFile]) -> tuple[str, ...]:
    """What these files are of, as selectors."""
    kinds = (("dataset", "dataset"), ("run", "run_id"), ("biosample", "biosample"))
    for kind, key in kinds:
        found = dict.fromkeys(getattr(file, key) for file in files if getattr(file, key))
        if found:
            return tuple(f"{kind}:{one}" for one in found)
    return ()
