"""What a person decides on the review page: each decision a line that can be changed."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bstui.config_tables import ImportSettings
from bstui.errors import BstuiError
from bstui.jobs.records import Options, PlanHeader
from bstui.jobs.whereabouts import cpu_minutes
from bstui.runs.choice import parse_choice
from bstui.samples.grouping import Grouping
from bstui.samples.layout import DEFAULTS, check_template
from bstui.samples.sheet_format import load_sheets

_WORDS: Mapping[str, Mapping[str, str]] = {
    "grouping": {
        "automatic": "one sample for each biosample",
        "single": "everything becomes one sample",
        "none": "no samples: files as they are, by biosample",
    },
    "bcl_files": {
        "no-images": "all but images of the flow cell",
        "demultiplexing": "what BCL Convert reads",
        "metrics": "RunInfo, RunParameters, sample sheet, InterOp",
        "everything": "images too",
    },
    "unzip": {
        "as they are": "those of a zipped run are not unpacked",
        "unpacked": "into the run folder, beside the zip files",
    },
    "bcl_convert": {
        "nothing": "the log tells no bcl-convert command line",
        "print": "tell the bcl-convert command line when the run has landed",
    },
    "existing": {
        "adopt": "keep a file that is there, once it is proven equal",
        "keep-both": "keep both, the new one under another name",
        "replace": "replace it; the old one is kept beside",
    },
    "verify": {
        "server": "size and ETag",
        "full": "size and ETag, gzip inflated, reads counted",
        "none": "nothing: recorded as unverified",
    },
}


@dataclass(frozen=True)
class Choices:
    """All decisions of one import."""

    destination: Path
    options: Options
    name: str = ""
    """The job's; empty: the first source and the date."""


@dataclass(frozen=True)
class Choice:
    """One line of the list."""

    key: str
    label: str
    text: str
    """As it is shown."""
    value: str
    """As it is edited."""
    others: tuple[str, ...] = ()
    """The values it goes through; none: it is a text."""


SETTINGS: Mapping[str, str] = {
    "where": "import.destination",
    "grouping": "import.grouping",
    "layout": "import.layout",
    "existing": "import.existing",
    "verify": "import.verify",
    "launch": "import.launch",
    "slurm": "slurm",
}
"""The setting that a line begins with, by its key."""


def first_choices(settings: ImportSettings, destination: str, *, bcl: bool, sample: str) -> Choices:
    """What the settings suggest; `destination` is that of the last import, or empty."""
    where = destination or settings.destination or os.path.join(os.getcwd(), "basespace")
    single = settings.grouping == "single" and not bcl
    options = Options(
        bcl=bcl,
        grouping=Options().grouping if bcl else settings.grouping,
        sample=sample if single else "",
        layout="" if bcl else settings.layout,
        **settings.about_transfer(),
    )
    return Choices(Path(where), options)


def list_choices(choices: Choices, header: PlanHeader | None) -> list[Choice]:
    """The lines for these decisions; `header` is that of the last plan, where there is one."""
    options = choices.options
    where = str(choices.destination)
    lines = [Choice("where", "where", where, where)]
    if options.bcl:
        lines.append(_among("bcl_files", "files", options.bcl_files))
        for flag, globs in (("include", options.include), ("exclude", options.exclude)):
            lines.append(Choice(flag, flag, " ".join(globs) or "nothing", shlex.join(globs)))
        lines.append(_among("unzip", "zip files", "unpacked" if options.unzip else "as they are"))
        lines.append(_among("bcl_convert", "then", options.bcl_convert or "nothing"))
    else:
        lines.append(_among("grouping", "grouping", options.grouping))
        if options.grouping == Grouping.SINGLE:
            lines.append(Choice("sample", "sample", options.sample, options.sample))
        layout = options.layout or DEFAULTS[Grouping(options.grouping)]
        lines.append(Choice("layout", "paths", layout, layout))
    sheets = ", ".join(options.sheets)
    lines.append(Choice("sheets", "sheets", sheets or "none", sheets))
    lines.append(_among("existing", "if there", options.existing))
    lines.append(_proof(options, header))
    name = choices.name or (header.name if header else "")
    lines.append(Choice("name", "job name", name or "…", name))
    return lines


def _proof(options: Options, header: PlanHeader | None) -> Choice:
    """How files are proven, and what all of the job then takes of a processor."""
    line = _among("verify", "proof", options.verify)
    if header is None:
        return line
    minutes = cpu_minutes(msgspec.structs.replace(header, options=options))
    cost = f"{minutes:,.0f}" if minutes >= 0.5 else "under 1"
    words = _WORDS["verify"][options.verify]
    return replace(line, text=f"{options.verify}, {cost} CPU min: {words}")


def change(choices: Choices, key: str, value: str, sample: str) -> Choices:
    """The decisions with one changed. A BstuiError or ValueError says why it cannot be.

    `sample` names the single sample where none has been named yet.
    """
    options = choices.options
    match key:
        case "where":
            return replace(choices, destination=_folder(value))
        case "name":
            return replace(choices, name=value.strip())
        case "layout":
            layout = layout_value(value, DEFAULTS[Grouping(options.grouping)])
            return replace(choices, options=_with(options, layout=layout))
        case "include" | "exclude":
            globs = tuple(shlex.split(value))
            parse_choice(options.bcl_files, globs, ())
            return replace(choices, options=_with(options, **{key: globs}))
        case "unzip":
            return replace(choices, options=_with(options, unzip=value == "unpacked"))
        case "bcl_convert":
            asked = "" if value == "nothing" else value
            return replace(choices, options=_with(options, bcl_convert=asked))
        case "sheets":
            sheets = tuple(shlex.split(value))
            load_sheets(sheets)
            return replace(choices, options=_with(options, sheets=sheets))
        case "sample":
            if not value.strip():
                raise ValueError("a sample needs a name")
            return replace(choices, options=_with(options, sample=value.strip()))
        case "grouping":
            named = sample if value == Grouping.SINGLE else ""
            return replace(choices, options=_with(options, grouping=value, sample=named))
        case _:
            return replace(choices, options=_with(options, **{key: value}))


def layout_value(text: str, default: str) -> str:
    """What the options keep of a layout; empty for the default. A UsageError where it is none."""
    text = text.strip()
    if text in ("", default):
        return ""
    check_template(text)
    return text


def _with(options: Options, **changes: str | bool | tuple[str, ...]) -> Options:
    return msgspec.structs.replace(options, **changes)


def _folder(text: str) -> Path:
    expanded = os.path.expanduser(os.path.expandvars(text.strip()))
    if not expanded:
        raise ValueError("give a folder")
    if "$" in expanded:
        raise ValueError("that variable is not set")
    return Path(os.path.abspath(expanded))


def _among(key: str, label: str, value: str) -> Choice:
    words = _WORDS[key]
    return Choice(key, label, f"{value}: {words[value]}", value, tuple(words))


def next_value(choice: Choice) -> str:
    """The value after this one, round and round."""
    return choice.others[(choice.others.index(choice.value) + 1) % len(choice.others)]


def problem_of(attempt: Callable[[], object]) -> str:
    """What is wrong with what was entered; empty where nothing is."""
    try:
        attempt()
    except BstuiError as error:
        return str(error)
    except ValueError as error:
        return str(error)
    return ""
