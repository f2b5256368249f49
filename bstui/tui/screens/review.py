"""The review: what the import will do, every decision, and the command line that does the same.

It is the confirmation as well: `enter` starts. Nothing is written before that.
"""

import shlex
from collections.abc import Iterable, Sequence

from textual.message import Message
from textual.widget import Widget

from bstui.jobs.asked import SLURM_KEYS
from bstui.samples.arrangement import Arrangement, Assignments
from bstui.samples.marks import AnyMark
from bstui.samples.selection import Selection
from bstui.tui import lookups
from bstui.tui.keys import bindings
from bstui.tui.screens import review_text
from bstui.tui.screens.arrange import ArrangeScreen
from bstui.tui.screens.choice_table import ChoiceTable
from bstui.tui.screens.choices import (
    SETTINGS,
    Choice,
    first_choices,
    next_value,
    problem_of,
)
from bstui.tui.screens.draft import Draft
from bstui.tui.screens.layouts import LayoutScreen
from bstui.tui.screens.memory import recall, remember
from bstui.tui.screens.place import Place
from bstui.tui.screens.sheets import SheetsScreen
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
    "script": "Script",
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
        selection = Selection(marks=tuple(marks))
        choices = first_choices(
            services.settings.import_,
            "" if self._lock_of("where") else recall(workspace.basket).destination,
            bcl=selection.run is not None,
            sample=selection.first_source,
        )
        self._draft = Draft(services, workspace, selection, choices)
        self._warning = -1
        """The number of the one that was gone to."""
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
        self._draft.forget_plan()
        self._step = "looking at what was marked …"
        self._show()
        begin(self, self._plan_now, "plan")

    async def _plan_now(self) -> None:
        await self._draft.make(self._on_step)
        self.foot.status.unsay()
        self._show()
        begin(self, self._look_at_quotas, "quotas")
        if self._tab == "script":
            begin(self, self._ask_scheduler, "script")

    async def _look_at_quotas(self) -> None:
        await self._draft.look_at_quotas()
        self._show()

    def _on_step(self, step: str, done: int, total: int) -> None:
        self._step = f"{step}: {done:,} of {total:,}" if total else f"{step}: {done:,}"
        self.foot.show(f"making the plan, {self._step}", "")

    # What is shown

    def _show(self) -> None:
        draft = self._draft
        self._warning = min(self._warning, len(draft.cautions) - 1)
        self._table.show(draft.lines())
        self._tabs.show(self._tab, self._counts())
        title, pairs, below = self._page()
        self._detail.show(title, pairs, below)
        self.foot.show(self._status(), "the job goes on when you leave" if draft.plan else "")
        self.refresh_bindings()

    def _counts(self) -> dict[str, str]:
        """What stands behind the names of the tabs."""
        plan = self._draft.plan
        counts = {
            "samples": len(plan.samples) if plan else 0,
            "left out": len(plan.left_out) if plan else 0,
            "warnings": len(self._draft.cautions),
        }
        return {name: f"{number:,}" for name, number in counts.items() if number}

    def _status(self) -> str:
        plan = self._draft.plan
        if self._draft.error is not None:
            return "there is no plan: see above; e changes a line, R tries again"
        if plan is None:
            return f"making the plan, {self._step}"
        return f"{count_text(plan.header.files, 'file')}, {size_text(plan.header.bytes)}"

    def _page(self) -> tuple[str, review_text.Pairs, list[str]]:
        draft, plan = self._draft, self._draft.plan
        if self._tab == "command":
            return "", [], [draft.command()]
        if draft.error is not None:
            error = draft.error
            return error.message, [], [text for text in (error.why, error.hint) if text]
        if plan is None:
            return "making the plan …", [], []
        match self._tab:
            case "samples":
                return "", [], review_text.sample_lines(plan) or ["No samples: files as they are."]
            case "left out":
                return "", [], review_text.left_out_lines(plan.left_out) or ["Nothing is left out."]
            case "warnings" if self._warning >= 0:
                return review_text.caution_page(draft.cautions, self._warning)
            case "warnings":
                return "", [], review_text.caution_lines(draft.cautions) or ["No warnings."]
            case "script":
                return "", [], draft.script or ["asking …"]
        pairs = review_text.summary(plan, draft.quotas)
        return "", pairs, review_text.caution_lines(draft.cautions)

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
                self._go_to_next_warning()

    def on_pick_table_opened(self) -> None:
        self._edit()

    def action_tab(self, step: int) -> None:
        self._tab = self._tabs.after(self._tab, step)
        self._warning = -1
        self._show()
        if self._tab == "command":
            begin(self, self._draft.write_files, "list")
        elif self._tab == "script":
            begin(self, self._ask_scheduler, "script")

    async def _ask_scheduler(self) -> None:
        await self._draft.ask_scheduler()
        self._show()

    def _go_to_next_warning(self) -> None:
        """Show it whole, and put the cursor on the line that it is about."""
        cautions = self._draft.cautions
        self._warning = (self._warning + 1) % len(cautions) if cautions else -1
        self._tab = "warnings"
        self._show()
        self._detail.show_from(0)
        if cautions:
            self._table.select_key(cautions[self._warning].line)

    def action_scroll_pane(self, step: int) -> None:
        self._detail.scroll_lines(step * max(1, self._detail.size.height - 2))

    def action_reload(self) -> None:
        self._draft.forget_contents()
        self._make_plan()

    def action_copy(self) -> None:
        begin(self, self._copy, "copy")

    async def _copy(self) -> None:
        """The command, with the file of marks that it names."""
        await self._draft.write_files()
        self.app.copy_to_clipboard(self._draft.command())
        self.say("copied the command line that does the same", Role.MUTED)

    # Decisions

    def _edit(self) -> None:
        choice = self._table.current
        if choice is None or self._is_starting:
            return
        if lock := self._lock_of(choice.key):
            self.say(f"{lock} locks {SETTINGS[choice.key]}: it cannot be changed here")
        elif choice.others:
            self._change(choice.key, next_value(choice))
        elif choice.key == "sheets" and self._draft.last_plan is not None:
            sheets = self._draft.choices.options.sheets
            screen = SheetsScreen(self.services, self._draft.last_plan, sheets)
            self.app.push_screen(screen, lambda names: self._chose("sheets", shlex.join(names)))
        elif choice.key == "layout" and self._draft.last_plan is not None:
            begin(self, self._choose_layout, "choose")
        else:
            self._ask_for(choice)

    def _ask_for(self, choice: Choice) -> None:
        label = f" {choice.label} "

        def then(text: str) -> str:
            return self._try(choice.key, text)

        if choice.key == "where":
            self.foot.folder(label, choice.value, then, lookups.complete_folder)
        else:
            self.foot.entry(label, choice.value, then)

    async def _choose_layout(self) -> None:
        current = self._draft.layout
        examples = await self._draft.example_paths()
        screen = LayoutScreen(self.services, self._draft.layouts(), current, examples)
        self.app.push_screen(screen, lambda value: self._chose("layout", value or current))

    def _chose(self, key: str, value: str) -> None:
        if problem := self._try(key, value):
            self.say(problem)

    def _lock_of(self, key: str) -> str:
        """The site's file, where it locks the setting of that line; else empty."""
        names = [f"slurm.{name}" for name in SLURM_KEYS] if key == "slurm" else [SETTINGS.get(key)]
        locks = (self.services.settings.lock_of(name or "") for name in names)
        return next(filter(None, locks), "")

    def _try(self, key: str, text: str) -> str:
        problem = problem_of(lambda: self._change(key, text))
        if problem:
            self.say(problem)
        return problem

    def _change(self, key: str, value: str) -> None:
        if self._draft.change(key, value):
            self._make_plan()

    def _arrange(self) -> None:
        draft = self._draft
        if not draft.plan or not draft.plan.samples or draft.choices.options.grouping == "none":
            self.say(self._why_not() or "there are no samples: files come as they are")
            return
        if draft.arrangement is None:
            draft.arrangement = Arrangement(draft.plan.samples)
        before = draft.arrangement.assignments
        at = draft.cautions[self._warning].sample if self._warning >= 0 else ""
        screen = ArrangeScreen(self.services, draft.arrangement, at)
        self.app.push_screen(screen, lambda _: self._arranged(before))

    def _arranged(self, before: Assignments) -> None:
        arrangement = self._draft.arrangement
        if arrangement is not None and arrangement.assignments != before:
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
        if self._draft.error is not None:
            return str(self._draft.error)
        if self._draft.plan is None:
            return "the plan is still being made"
        refusal = self._draft.plan.room.refusal()
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
        plan = self._draft.plan
        if plan is None:
            return
        try:
            await self.services.start(plan, self._workspace.profile)
        finally:
            self._is_starting = False
        basket = self._workspace.basket
        basket.remove(self._draft.selection.marks)
        remember(basket, destination=str(self._draft.choices.destination))
        self.app.post_message(JobStarted(plan.header.id, plan.header.name))
        self.dismiss()
