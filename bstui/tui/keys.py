"""Every key of the screen program, once: bindings, hints, help, and the README's table.

A *place* is where a key works: a widget, a kind of screen or a screen. Screens and widgets take
theirs by place; people remap by id, in the settings' `[keys]` table. Unbound on purpose: `A` `B`
`C` `D` `O`, for a stuttering link turns an arrow key into `esc`, `[` and one of these; `ctrl+a`
and `ctrl+b`, which screen and tmux take; `ctrl+s`, which stops many a terminal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bstui.errors import SettingsError

if TYPE_CHECKING:
    from textual.binding import BindingType

MOVING = "Moving"
GOING = "Going from place to place"
CHOOSING = "Choosing what to import"
LISTS = "Lists"
REVIEW = "Review"
JOBS = "Jobs"
PROGRAM = "The program"


@dataclass(frozen=True)
class Key:
    """What one action is called, does, and is pressed by."""

    id: str
    """Its name in the settings."""
    keys: tuple[str, ...]
    """As Textual names them; the first is the one that is shown."""
    action: str
    hint: str
    """At most two words for the foot of the screen; empty: never shown there."""
    help: str
    group: str
    places: tuple[str, ...]


def _key(id_: str, keys: str, action: str, hint: str, text: str, group: str, places: str) -> Key:
    return Key(id_, tuple(keys.split()), action, hint, text, group, tuple(places.split()))


KEYS: tuple[Key, ...] = (
    _key("open", "enter l right", "open", "open", "Open the row: go in", GOING, "table"),
    _key("back", "escape h left", "back", "back", "Undo the last step: prompt, range, filter, "
         "then leave the screen; marks stay", GOING, "screen"),
    _key("browse", "1", "switch_mode('browse')", "", "Go to projects and runs", GOING, "app"),
    _key("jobs", "2", "switch_mode('jobs')", "jobs", "Go to the jobs", GOING, "app"),
    _key("history", "3", "switch_mode('history')", "", "Go to the history", GOING, "app"),
    _key("tab-before", "left_square_bracket", "tab(-1)", "", "The tab before", GOING, "tabs"),
    _key("tab-after", "right_square_bracket", "tab(1)", "next tab", "The next tab", GOING, "tabs"),
    _key("next-pane", "tab", "app.focus_next", "", "The next pane", GOING, "panes"),
    _key("previous-pane", "shift+tab", "app.focus_previous", "", "The pane before", GOING, "panes"),

    _key("down", "j down", "cursor(1)", "", "A line down", MOVING, "table"),
    _key("up", "k up", "cursor(-1)", "", "A line up", MOVING, "table"),
    _key("page-down", "pagedown", "page(1)", "", "A page down", MOVING, "table"),
    _key("page-up", "pageup", "page(-1)", "", "A page up", MOVING, "table"),
    _key("half-page-down", "ctrl+d", "page(0.5)", "", "Half a page down", MOVING, "table"),
    _key("half-page-up", "ctrl+u", "page(-0.5)", "", "Half a page up", MOVING, "table"),
    _key("first", "g home", "first", "", "The first row", MOVING, "table"),
    _key("last", "G end", "last", "", "The last row", MOVING, "table"),
    _key("columns-left", "H", "columns(-1)", "", "Show columns further left", MOVING, "table"),
    _key("columns-right", "L", "columns(1)", "", "Show columns that had no room", MOVING, "table"),

    _key("mark", "space", "mark", "mark", "Mark or unmark the row, or the range, and move down",
         CHOOSING, "marks"),
    _key("mark-all", "a", "mark_all", "all", "Mark every row shown; if all are, unmark them",
         CHOOSING, "marks"),
    _key("range", "v", "range", "range", "Start a range at the cursor: move, then space marks it",
         CHOOSING, "marks"),
    _key("extend-down", "shift+down", "extend(1)", "", "Draw the range a line further down",
         CHOOSING, "marks"),
    _key("extend-up", "shift+up", "extend(-1)", "", "Draw the range a line further up",
         CHOOSING, "marks"),
    _key("mark-alike", "comma", "mark_alike", "", "Mark all rows like this one in the column "
         "that sorts the list", CHOOSING, "marks"),
    _key("invert", "asterisk", "invert", "", "Mark what is not marked, and the reverse, among the "
         "rows shown", CHOOSING, "marks"),
    _key("unmark-shown", "u", "unmark_shown", "", "Unmark the rows shown", CHOOSING, "marks"),
    _key("only-marked", "m", "only_marked", "", "Show the marked rows alone, or all again",
         CHOOSING, "marks"),
    _key("import", "i", "import_marked", "import", "Review the import of what is marked", CHOOSING,
         "basket"),
    _key("mark-bcl", "b", "mark_bcl", "BCL", "Mark the run for import as raw BCL, or unmark it",
         CHOOSING, "runs"),
    _key("empty-basket", "U", "empty_basket", "", "Empty the basket: unmark everything (asks)",
         CHOOSING, "basket"),

    _key("filter", "slash", "filter", "filter", "Filter the list as you type", LISTS, "list"),
    _key("sort", "s", "sort", "sort", "Sort by a column: its letter, or the capital to reverse",
         LISTS, "list"),
    _key("reload", "R", "reload", "", "Load again from the server", LISTS, "reload"),
    _key("copy", "y", "copy", "", "Copy the id, the path or the command", LISTS, "copy"),
    _key("scroll-down", "J", "scroll_pane(1)", "", "Scroll the other pane down", LISTS, "beside"),
    _key("scroll-up", "K", "scroll_pane(-1)", "", "Scroll the other pane up", LISTS, "beside"),

    _key("start", "enter", "start", "start", "Start the import", REVIEW, "review"),
    _key("edit", "e", "edit", "edit", "Change the line under the cursor, or write another",
         REVIEW, "review layouts"),
    _key("warnings", "w", "warnings", "warnings", "Go to the next warning, and to the line that "
         "it is about", REVIEW, "review"),

    _key("arrange", "a", "arrange", "arrange", "Arrange the samples: rename, move, split, leave "
         "out", REVIEW, "review"),
    _key("rename", "e", "rename", "rename", "Give the sample another name", REVIEW, "arrange"),
    _key("gather", "t", "gather", "together", "Put what is marked together into a sample, new or "
         "there", REVIEW, "arrange"),
    _key("split", "c", "split", "cut apart", "Cut the sample into its biosamples, runs or "
         "libraries", REVIEW, "arrange"),
    _key("drop", "d", "drop", "leave out", "Leave the sample out", REVIEW, "arrange"),
    _key("undo", "z", "undo_change", "undo", "Undo the last change of the samples", REVIEW,
         "arrange"),

    _key("pause", "p", "pause", "pause", "Pause the job, or go on", JOBS, "job"),
    _key("cancel", "x", "cancel", "cancel", "Cancel the job (asks); what is on disk stays", JOBS,
         "job"),
    _key("resume", "r", "resume", "resume", "Resume the job, or try again what failed", JOBS,
         "job"),
    _key("bandwidth", "b", "bandwidth", "limit", "Limit the bytes a second of the job", JOBS,
         "job"),
    _key("verify", "V", "verify", "verify", "Read every file of the job against its record; again: "
         "stop", JOBS, "job-page"),
    _key("report", "w", "report", "report", "Write the report of the job, one page of HTML", JOBS,
         "job-page"),
    _key("log-level", "W", "log_level", "", "Of the log all lines, all but files that are done, or "
         "warnings and errors alone", JOBS, "log"),
    _key("log-down", "j down", "scroll_log(1)", "", "Of the tab shown, a line down", JOBS,
         "log reading"),
    _key("log-up", "k up", "scroll_log(-1)", "", "Of the tab shown, a line up", JOBS,
         "log reading"),
    _key("log-page-down", "pagedown ctrl+d", "page_log(1)", "", "Of the tab shown, a page down",
         JOBS, "log reading"),
    _key("log-page-up", "pageup ctrl+u", "page_log(-1)", "", "Of the tab shown, a page up", JOBS,
         "log reading"),
    _key("log-first", "g home", "log_first", "", "Of the tab shown, the first line", JOBS,
         "log reading"),
    _key("log-follow", "G end", "follow", "", "Of the tab shown, the last line; the log is "
         "followed again", JOBS, "log reading"),
    _key("find-next", "n", "find(1)", "", "The next line of the log that was searched for", JOBS,
         "log"),
    _key("find-previous", "N", "find(-1)", "", "The line before that was searched for", JOBS,
         "log"),

    _key("prompt-keep", "enter", "keep", "keep", "In a line that asks: take what stands there",
         PROGRAM, "entry"),
    _key("prompt-undo", "escape", "undo", "undo", "In a line that asks: leave all as it was",
         PROGRAM, "entry choice"),
    _key("complete", "tab", "complete", "complete", "In a line that asks for a folder: complete "
         "its name, as shells do", PROGRAM, "folder"),
    _key("yes", "y", "answer(True)", "yes", "Yes, to a question", PROGRAM, "question"),
    _key("no", "n enter escape", "answer(False)", "no", "No, to a question", PROGRAM, "question"),

    _key("help", "question_mark f1", "help", "help", "The keys of this place; again: all keys",
         PROGRAM, "app"),
    _key("palette", "colon ctrl+p", "command_palette", "", "Find a command by its name", PROGRAM,
         "app"),
    _key("stop", "ctrl+c", "stop_loading", "", "Stop what is loading", PROGRAM, "app"),
    _key("suspend", "ctrl+z", "suspend_process", "", "Suspend the program; `fg` brings it back",
         PROGRAM, "app"),
    _key("again", "enter r", "again", "open again", "After a mistake of bstui's own: open it again",
         PROGRAM, "mistake"),
    _key("quit", "q", "quit", "quit", "Leave; jobs go on and marks are kept", PROGRAM,
         "app mistake"),
)  # fmt: skip
"""In the order of the foot of the screen: the most useful first."""

_TOGETHER = (
    "app screen list reload copy table marks basket runs tabs beside",
    "app screen list reload copy table marks arrange",
    "app screen list reload copy table marks layouts",
    "app screen list reload copy table job",
    "app screen list reload copy tabs beside job job-page log",
    "app screen list reload copy tabs beside job job-page reading",
    "app screen reload copy tabs beside table review",
    "app mistake",
    "entry folder",
    "choice",
    "question",
)
"""The places whose keys work at one time."""

KEY_BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}

_SHOWN = {
    "escape": "esc", "slash": "/", "question_mark": "?", "colon": ":", "comma": ",",
    "asterisk": "*", "left_square_bracket": "[", "right_square_bracket": "]", "plus": "+",
    "minus": "-", "full_stop": ".", "semicolon": ";", "exclamation_mark": "!",
    "pagedown": "pgdn", "pageup": "pgup",
}  # fmt: skip
_NAMED = {shown: name for name, shown in _SHOWN.items()}


def shown_key(name: str) -> str:
    """A key as people read it, in ASCII: `?` for `question_mark`, `ctrl+d` as it is."""
    *modifiers, last = name.split("+")
    return "+".join((*modifiers, _SHOWN.get(last, last)))


def shown_keys(key: Key) -> str:
    """All the keys of an action: `enter l right`."""
    return " ".join(map(shown_key, key.keys))


def keys_of(*places: str) -> list[Key]:
    """The keys that work in any of these places, in the registry's order."""
    unknown = set(places) - {place for key in KEYS for place in key.places}
    if unknown:
        raise ValueError(f"no key works in {', '.join(sorted(unknown))}")
    return [key for key in KEYS if not set(places).isdisjoint(key.places)]


def bindings(*places: str) -> list["BindingType"]:
    """What a widget's or a screen's `BINDINGS` are made of."""
    from textual.binding import Binding  # here, for the README's table needs no Textual

    return [
        Binding(",".join(key.keys), key.action, key.hint, show=False, id=key.id)
        for key in keys_of(*places)
    ]


def keymap(wanted: Mapping[str, str]) -> dict[str, str]:
    """The settings' `[keys]` table for `App.set_keymap`; raises SettingsError.

    A value is one key or several with blanks between: `"D"`, `"ctrl+x *"`.
    """
    return {id_: ",".join(_remapped(id_, text)) for id_, text in wanted.items()}


def clashes(wanted: Mapping[str, str]) -> list[str]:
    """Where the settings give a key to two actions of one screen; a sentence each."""
    mapped = {id_: _remapped(id_, text) for id_, text in wanted.items()}
    pressed = {key.id: mapped.get(key.id, list(key.keys)) for key in KEYS}
    found: dict[str, None] = {}
    for together in _TOGETHER:
        here = [key.id for key in keys_of(*together.split())]
        for one in mapped.keys() & here:
            for other in here:
                shared = [name for name in pressed[one] if name in pressed[other]]
                if other != one and shared:
                    ids = " and ".join(sorted((one, other)))
                    found[f"{shown_key(shared[0])} is {ids}"] = None
    return sorted(found)


def _remapped(id_: str, text: str) -> list[str]:
    if id_ not in KEY_BY_ID:
        raise SettingsError(
            f"[keys] {id_}: there is no action of that name.",
            hint="`bstui help keys` lists them.",
        )
    names = [_key_name(part) for part in text.split()]
    if not names:
        raise SettingsError(f"[keys] {id_}: no key is given.", hint='Write it like "D" or "f5".')
    return names


def _key_name(text: str) -> str:
    modifiers, plus, last = text.rpartition("+")
    if text.endswith("+"):
        return f"{text[:-1]}plus"
    return f"{modifiers}{plus}{_NAMED.get(last, last)}"


def hint_ids(keys: Iterable[Key]) -> list[str]:
    """The ids that deserve a place at the foot of the screen."""
    return [key.id for key in keys if key.hint]


def help_rows(*places: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Group by group, (keys, what they do); of these places, or of all when none is named."""
    keys = keys_of(*places) if places else KEYS
    groups: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        groups.setdefault(key.group, []).append((shown_keys(key), key.help))
    return list(groups.items())


def markdown_table(keys: Sequence[Key] = KEYS) -> str:
    """The README's table of keys."""
    lines = ["| key | what it does | name in `[keys]` |", "|---|---|---|"]
    for key in keys:
        pressed = " ".join(f"`{shown_key(name)}`" for name in key.keys)
        lines.append(f"| {pressed} | {key.help} | `{key.id}` |")
    return "\n".join(lines)
