"""What a person decides on the review page, as a list of lines that can be changed."""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
from textual.message import Message

from bstui.config_tables import ImportSettings
from bstui.errors import BstuiError
from bstui.jobs.records import Options
from bstui.runs.choice import parse_choice
from bstui.samples.grouping import Grouping
from bstui.samples.layout import DEFAULTS, check_template
from bstui.tui.keys import bindings
from bstui.tui.screens.rows import Field, ItemRows
from bstui.tui.widgets.columns import Column
from bstui.tui.widgets.row_view import RowView

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


def list_choices(choices: Choices, job_name: str) -> list[Choice]:
    """The lines for these decisions; `job_name` is what the plan calls the job."""
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
    lines.append(_among("existing", "if there", options.existing))
    lines.append(_among("verify", "proof", options.verify))
    name = choices.name or job_name
    lines.append(Choice("name", "job name", name or "…", name))
    return lines


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
            default = value.strip() in ("", DEFAULTS[Grouping(options.grouping)])
            layout = "" if default else check_template(value.strip())
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
        case "sample":
            if not value.strip():
                raise ValueError("a sample needs a name")
            return replace(choices, options=_with(options, sample=value.strip()))
        case "grouping":
            named = sample if value == Grouping.SINGLE else ""
            return replace(choices, options=_with(options, grouping=value, sample=named))
        case _:
            return replace(choices, options=_with(options, **{key: value}))


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


_FIELDS = (
    Field[Choice](Column("label", "import", 9, priority=0), lambda one: one.label),
    Field[Choice](Column("text", "what is decided", 40, 20, 0, grow=True), lambda one: one.text),
)


class ChoiceTable(RowView):
    """The list; `enter` starts the import, the other keys of going in change a line."""

    BINDINGS = bindings("review")

    class Asked(Message):
        """A key of the review was pressed."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        self.model = ItemRows(_FIELDS, lambda one: one.key)
        super().__init__(self.model.columns, self.model)

    @property
    def current(self) -> Choice | None:
        row = self.cursor_row
        return None if row is None else self.model.items[row]

    def show(self, lines: Sequence[Choice]) -> None:
        """Show these lines, the cursor on the same one."""
        self.model = self.model.renewed(lines)
        self.styles.height = len(lines) + 1
        self.set_rows(self.model)

    def action_start(self) -> None:
        self.post_message(self.Asked("start"))

    def action_edit(self) -> None:
        self.post_message(self.Asked("edit"))

    def action_arrange(self) -> None:
        self.post_message(self.Asked("arrange"))

    def action_warnings(self) -> None:
        self.post_message(self.Asked("warnings"))


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
