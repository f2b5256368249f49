"""The command line that does the same as a plan."""

import os
import shlex
from pathlib import Path

from bstui.jobs.batch_script import batch_words
from bstui.jobs.plan import PlanRequest
from bstui.jobs.records import Launcher, Options
from bstui.jobs.run_files import choice_words
from bstui.samples.selection import Selection

_MANY_MARKS = 20


def equivalent_command(
    selection: Selection, request: PlanRequest, listed: Path = Path("marks.txt")
) -> str:
    """The command line that does the same; more than 20 marks are read from the file `listed`."""
    options = request.options
    chosen = selection.selectors
    sources = ["--from", str(listed)] if len(chosen) > _MANY_MARKS else list(chosen)
    usual = Options()
    about_fastq = {
        "--grouping": options.grouping if options.grouping != usual.grouping else "",
        "--sample": options.sample,
        "--sample-map": request.sample_map.source,
        "--layout": options.layout,
    }
    flags = ({} if selection.run else about_fastq) | {
        "--existing": options.existing if options.existing != usual.existing else "",
        "--verify": options.verify if options.verify != usual.verify else "",
        "--digest": options.digest,
        "--chmod": options.chmod,
        "--chgrp": options.chgrp,
        "--on-sample": options.on_sample,
        "--on-done": options.on_done,
        "--give-up-after": f"{options.give_up_after:.0f}s" if options.give_up_after else "",
        "--concurrency": options.concurrency if options.concurrency != usual.concurrency else "",
        "--bwlimit": options.bwlimit,
        "--concurrent-files": str(options.concurrent_files or ""),
        "--concurrent-parts": str(options.concurrent_parts or ""),
        "--launch": request.launcher if request.launcher is not Launcher.DETACHED else "",
        "--name": request.name,
    }
    given = [part for flag, value in flags.items() if value for part in (flag, value)]
    words = ["bstui", *_profile_words(request.profile), "import", *sources]
    words += ["--to", os.fspath(request.destination), *_bcl_words(selection, options), *given]
    words += [word for sheet in options.sheets for word in ("--sheet", sheet)]
    if options.lanes == "merge":
        words += ["--lanes", "merge"] + ["--merge-unlike"] * options.merge_unlike
        words += ["--remove-lanes"] * options.remove_lanes
    words += ["--read-only"] * options.read_only + batch_words(request.batch)
    words += ["--qc-failed"] * options.qc_failed + ["--undetermined"] * options.undetermined
    return shlex.join([*words, "--yes"])


def _bcl_words(selection: Selection, options: Options) -> list[str]:
    return choice_words(options) if selection.run else []


def _profile_words(profile: str) -> list[str]:
    """The environment's own profile has no name that a command line could give."""
    return [] if profile.startswith("env-") else ["--profile", profile]
