"""What the screens that choose share: the basket, its keys, and what the status line says of it."""

from collections.abc import Iterable

from bstui.errors import BstuiError
from bstui.samples.marks import AnyMark
from bstui.tui.keys import bindings
from bstui.tui.screens.list_place import ListPlace
from bstui.tui.screens.review import ReviewScreen
from bstui.tui.services import Services, Workspace
from bstui.tui.widgets.canvas import Role
from bstui.units import count_text, size_text


class BasketPlace(ListPlace):
    """A screen on which the basket of a workspace is filled."""

    BINDINGS = bindings("basket")

    def __init__(self, services: Services, workspace: Workspace) -> None:
        super().__init__(services)
        self.workspace = workspace
        self.basket = workspace.basket

    def on_mount(self) -> None:
        if self.basket.problem:
            self.say(self.basket.problem, Role.ERROR)

    def on_screen_resume(self) -> None:
        self.services.workspace = self.workspace
        super().on_screen_resume()
        try:
            self.basket.refresh()
        except BstuiError as error:
            self.say_error(error)
        self.basket_changed()

    def basket_changed(self) -> None:
        """Show again whatever tells of marks."""
        self.marks_changed()
        self.refresh_bindings()
        self.show_status()

    def marks_changed(self) -> None:
        """Rows may say something else of what is marked, not by their badges alone."""
        self.pane.table.refresh_rows()

    def status_right(self) -> str:
        run = self.basket.run
        if run is not None:
            return f"raw BCL of {run.name} marked{self.size_marked()}"
        return self.marked_in_all() if len(self.basket) else ""

    def marked_in_all(self, here: str = "") -> str:
        """`marked 61 in all, 2.4 TB`."""
        return f"marked {here}{len(self.basket):,} in all{self.size_marked()}"

    def size_marked(self) -> str:
        """`, 2.4 TB`; `, over 2.4 TB` where the size of some is not known, nothing where of all."""
        sizes = self.workspace.sizes
        known = [sizes[mark.key] for mark in self.basket.chosen if mark.key in sizes]
        if not known:
            return ""
        return f", {'over ' if len(known) < len(self.basket) else ''}{size_text(sum(known))}"

    def change_marks(self, add: Iterable[AnyMark], remove: Iterable[AnyMark]) -> None:
        """Change the basket, or say why it cannot be."""
        try:
            self.basket.remove(remove)
            self.basket.add(add)
        except BstuiError as error:
            self.say(str(error))
        self.basket_changed()

    def chosen_marks(self) -> tuple[AnyMark, ...]:
        """What `i` imports."""
        return self.basket.chosen

    def refusal(self, action: str) -> str:
        if action == "import_marked" and not self.chosen_marks():
            return "nothing is marked: open a project or run and mark biosamples, or b on a run"
        if action == "empty_basket" and not len(self.basket):
            return "the basket is empty already"
        return super().refusal(action)

    def action_import_marked(self) -> None:
        marks = self.chosen_marks()
        self.app.push_screen(ReviewScreen(self.services, self.workspace, marks))

    def action_empty_basket(self) -> None:
        what = "the raw run" if self.basket.run else count_text(len(self.basket), "biosample")
        self.foot.question(f"Empty the basket: unmark {what}?", self._empty)

    def _empty(self, yes: bool) -> None:
        if yes:
            self.change_marks((), self.basket.chosen)
