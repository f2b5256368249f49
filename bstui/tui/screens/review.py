"""The review: what the import will do, every decision, and the command line that does the same.

It is the confirmation as well: `enter` starts. Nothing is written before that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from textual.message import Message
from textual.widget import Widget

from bstui.errors import BstuiError
from bstui.jobs.plan import Contents, Plan, PlanRequest
from bstui.samples.arrangement import Arrangement, Assignments
from bstui.samples.gathering import Gathered
from bstui.samples.marks import AnyMark
from bstui.samples.sample_map import NO_MAP, SampleMap, map_of
from bstui.samples.selection import Selection
from bstui.tui.keys import bindings
from bstui.tui.screens import review_text
from bstui.tui.screens.arrange import ArrangeScreen
from bstui.tui.screens.choices import (
    SETTINGS,
    ChoiceTable,
    change,
    first_choices,
    list_choices,
    next_value,
    problem_of,
)
from bstui.tui.screens.memory import recall, remember
from bstui.tui.screens.place import Place
from bstui.tui.screens.tabs import Tabs
from bstui.tui.screens.work import begin
from bstui.tui.services import Services, Workspace
from bstui.tui.widgets.canvas import Role
from bstui.tui.widgets.detail import Detail
from bstui.units import count_text, size_text

_TABS = {
    "summary": "Summary",
    "samples": "Samples",
    "left out": "Left out",
    "warnings": "Warnings",
    "command": "Command",
}


class JobStarted(Message):
    """An import has begun; the program goes to its page."""

    def __init__(self, job_id: str, name: str) -> None:
        super().__init__()
        self.job_id = job_id
        self.name = name


class ReviewScreen(Place):
    """Decisions above, what follows from them below."""

    BINDINGS = bindings("tabs", "beside", "copy", "reload")
    HINTS = ("start", "edit", "arrange", "tab-after", "warnings", "back")

    def __init__(self, services: Services, workspace: Workspace, marks: Sequence[AnyMark]) -> None:
        super().__init__(services)
        self._workspace = workspace
        self._selection = Selection(marks=tuple(marks))
        self._choices = first_choices(
            services.settings.import_,
            "" if self._lock_of("where") else recall(workspace.basket).destination,
            bcl=self._selection.run is not None,
            sample=self._selection.first_source,
        )
        self._contents: Contents | None = None
        """What was read for this review: a changed decision costs no call."""
        self._arrangement: Arrangement | None = None
        """The samples as they were arranged here; None: as the grouping has them."""
        self._plan: Plan | None = None
        self._error: BstuiError | None = None
        self._is_starting = False
        self._step = ""
        self._tab = "summary"
        self._table = ChoiceTable()
        self._tabs = Tabs(_TABS)
        self._detail = Detail()

    def compose_body(self) -> Iterable[Widget]:
        yield self._table
        yield self._tabs
        yield self._detail

    @property
    def crumbs(self) -> Sequence[str]:
        return (self._workspace.profile.name, "import", "review")

    def on_mount(self) -> None:
        self.set_focus(self._table)
        self._make_plan()

    # Planning

    def _make_plan(self) -> None:
        self._plan, self._error, self._step = None, None, "looking at what was marked …"
        self._show()
        begin(self, self._plan_now, "plan")

    async def _plan_now(self) -> None:
        request = self._request()
        try:
            if self._contents is None:
                self._contents = await self.services.read(
                    self._workspace, self._selection, self._on_step
                )
            self._plan = await self.services.plan(
                self._workspace, self._selection, request, self._contents
            )
        except BstuiError as error:
            self._error = error
        self.foot.status.unsay()
        self._show()

    def _request(self) -> PlanRequest:
        choices = self._choices
        request = self.services.request(
            self._workspace, choices.destination, choices.options, choices.name
        )
        return replace(request, sample_map=self._sample_map)

    @property
    def _sample_map(self) -> SampleMap:
        """What was arranged, under the name of the file that would say the same."""
        if self._arrangement is None or not isinstance(self._contents, Gathered):
            return NO_MAP
        source = str(self.services.map_path(self._list_name))
        return map_of(self._contents.choices, self._arrangement.assignments, source)

    def _on_step(self, step: str, done: int, total: int) -> None:
        self._step = f"{step}: {done:,} of {total:,}" if total else f"{step}: {done:,}"
        self.foot.show(f"making the plan, {self._step}", "")

    # What is shown

    def _show(self) -> None:
        plan = self._plan
        self._table.show(list_choices(self._choices, plan.header.name if plan else ""))
        self._tabs.show(self._tab, _counts(plan) if plan else {})
        title, pairs, below = self._page()
        self._detail.show(title, pairs, below)
        self.foot.show(self._status(), "the job goes on when you leave" if plan else "")
        self.refresh_bindings()

    def _status(self) -> str:
        if self._error is not None:
            return "there is no plan: see above; e changes a line, R tries again"
        if self._plan is None:
            return f"making the plan, {self._step}"
        return (
            f"{count_text(self._plan.header.files, 'file')}, {size_text(self._plan.header.bytes)}"
        )

    def _page(self) -> tuple[str, review_text.Pairs, list[str]]:
        if self._tab == "command":
            return "", [], [self._command()]
        if self._error is not None:
            error = self._error
            return error.message, [], [text for text in (error.why, error.hint) if text]
        if self._plan is None:
            return "making the plan …", [], []
        plan = self._plan
        match self._tab:
            case "samples":
                return "", [], review_text.sample_lines(plan) or ["No samples: files as they are."]
            case "left out":
                return "", [], review_text.left_out_lines(plan.left_out) or ["Nothing is left out."]
            case "warnings":
                return "", [], review_text.warning_lines(plan) or ["No warnings."]
        return "", review_text.summary(plan), review_text.warning_lines(plan)

    def _command(self) -> str:
        request = self._request()
        return self.services.command(self._selection, request, self._list_name)

    @property
    def _list_name(self) -> str:
        """What the file of marks is named after, where the command needs one."""
        return self._plan.header.name if self._plan else self._selection.first_source

    # Keys

    def on_choice_table_asked(self, event: ChoiceTable.Asked) -> None:
        match event.action:
            case "start":
                self._start()
            case "edit":
                self._edit()
            case "arrange":
                self._arrange()
            case "warnings":
                self._go_to("summary" if self._tab == "warnings" else "warnings")

    def on_pick_table_opened(self) -> None:
        self._edit()

    def action_tab(self, step: int) -> None:
        self._go_to(self._tabs.after(self._tab, step))

    def _go_to(self, tab: str) -> None:
        self._tab = tab
        self._show()
        if tab == "command":
            begin(self, self._write_files, "list")

    def action_scroll_pane(self, step: int) -> None:
        self._detail.scroll_lines(step * max(1, self._detail.size.height - 2))

    def action_reload(self) -> None:
        self._contents = self._arrangement = None
        self._make_plan()

    def action_copy(self) -> None:
        begin(self, self._copy, "copy")

    async def _copy(self) -> None:
        """The command, with the file of marks that it names."""
        await self._write_files()
        self.app.copy_to_clipboard(self._command())
        self.say("copied the command line that does the same", Role.MUTED)

    async def _write_files(self) -> None:
        """Those that the command names."""
        if "--from" in self._command().split():
            await self.services.write_list(self._selection.marks, self._list_name)
        if self._sample_map.rows:
            await self.services.write_map(self._sample_map)

    def _edit(self) -> None:
        choice = self._table.current
        if choice is None or self._is_starting:
            return
        if lock := self._lock_of(choice.key):
            self.say(f"{lock} locks {SETTINGS[choice.key]}: it cannot be changed here")
        elif choice.others:
            self._change(choice.key, next_value(choice))
        else:
            self.foot.entry(
                f" {choice.label} ", choice.value, lambda text: self._try(choice.key, text)
            )

    def _lock_of(self, key: str) -> str:
        """The site's file, where it locks the setting of that line; else empty."""
        return self.services.settings.lock_of(SETTINGS.get(key, ""))

    def _try(self, key: str, text: str) -> str:
        problem = problem_of(lambda: self._change(key, text))
        if problem:
            self.say(problem)
        return problem

    def _change(self, key: str, value: str) -> None:
        changed = change(self._choices, key, value, self._selection.first_source)
        if changed != self._choices:
            self._choices = changed
            if key in ("grouping", "sample"):
                self._arrangement = None
            self._make_plan()

    def _arrange(self) -> None:
        if not self._plan or not self._plan.samples or self._choices.options.grouping == "none":
            self.say(self._why_not() or "there are no samples: files come as they are")
            return
        if self._arrangement is None:
            self._arrangement = Arrangement(self._plan.samples)
        before = self._arrangement.assignments
        self.app.push_screen(
            ArrangeScreen(self.services, self._arrangement), lambda _: self._arranged(before)
        )

    def _arranged(self, before: Assignments) -> None:
        if self._arrangement is not None and self._arrangement.assignments != before:
            self._make_plan()

    # Starting

    def refusal(self, action: str) -> str:
        if action == "back" and self._is_starting:
            return "the import is being started"
        return super().refusal(action)

    def _why_not(self) -> str:
        """Why the import cannot start now; empty where it can."""
        if self._is_starting:
            return "the import is being started"
        if self._error is not None:
            return str(self._error)
        if self._plan is None:
            return "the plan is still being made"
        refusal = self._plan.room.refusal()
        return str(refusal) if refusal else ""

    def _start(self) -> None:
        reason = self._why_not()
        if reason:
            self.say(reason)
            return
        self._is_starting = True
        self.foot.say("starting …", Role.MUTED)
        begin(self, self._start_now, "start")

    async def _start_now(self) -> None:
        plan = self._plan
        if plan is None:
            return
        try:
            await self.services.start(plan, self._workspace.profile)
        finally:
            self._is_starting = False
        basket = self._workspace.basket
        basket.remove(self._selection.marks)
        remember(basket, destination=str(self._choices.destination))
        self.app.post_message(JobStarted(plan.header.id, plan.header.name))
        self.dismiss()


def _counts(plan: Plan) -> dict[str, str]:
    counts = {
        "samples": len(plan.samples),
        "left out": len(plan.left_out),
        "warnings": len(review_text.warning_lines(plan)),
    }
    return {name: f"{number:,}" for name, number in counts.items() if number}
