"""The names of a screen's tabs, in one line."""

from collections.abc import Mapping

from bstui.tui.widgets.canvas import Lines, Role, Span


class Tabs(Lines):
    """Which tab is shown; `[` and `]` go from one to the other."""

    def __init__(self, labels: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.labels = dict(labels)

    def show(self, current: str, notes: Mapping[str, str] | None = None) -> None:
        """Show the tab of that name as current; `notes` stand behind a label: a number of rows."""
        spans = [Span(" ")]
        for name, label in self.labels.items():
            note = (notes or {}).get(name, "")
            text = f" {label} {note} " if note else f" {label} "
            spans += [Span(text, Role.CURSOR if name == current else Role.MUTED), Span(" ")]
        self.show_lines([tuple(spans)])

    def after(self, current: str, step: int) -> str:
        """The tab so many steps on, round and round."""
        names = list(self.labels)
        return names[(names.index(current) + step) % len(names)]
