"""The `bcl-convert` command line for a raw run that has landed; bstui does not start it."""

import re
import shlex

from bstui.jobs.folder import JobFolder
from bstui.jobs.run_files import run_folder
from bstui.runs.completeness import Completeness, Verdict

_SHEET = re.compile(r"[^/]+/(samplesheet[^/]*\.csv)", re.IGNORECASE)


def bcl_convert_text(folder: JobFolder, proof: Completeness) -> str:
    """The command, ready to be run; or a sentence that says why there is none."""
    if proof.verdict is not Verdict.COMPLETE:
        return f"bcl-convert cannot be run on it: the run is {proof.verdict}."
    run = run_folder(folder)
    sheets = [match[1] for file in folder.files() if (match := _SHEET.fullmatch(file.path))]
    if not sheets:
        return "bcl-convert needs a sample sheet, and none came with the run."
    words = [
        "bcl-convert",
        *("--bcl-input-directory", str(run)),
        *("--output-directory", str(run.with_name(f"{run.name}-fastq"))),
        *("--sample-sheet", str(run / min(sheets, key=lambda name: (len(name), name)))),
    ]
    return shlex.join(words)
