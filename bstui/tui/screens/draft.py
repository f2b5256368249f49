"""An import as it is being decided on the review: the decisions, and the plan they make."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from bstui.errors import BstuiError
from bstui.jobs.plan import Contents, Plan, PlanRequest
from bstui.jobs.quota import Quota
from bstui.jobs.records import Launcher
from bstui.samples.arrangement import Arrangement
from bstui.samples.gathering import Gathered
from bstui.samples.grouping import Grouping
from bstui.samples.layout import DEFAULTS
from bstui.samples.sample_map import NO_MAP, SampleMap, map_of
from bstui.samples.selection import Selection
from bstui.samples.sheet_format import load_sheets
from bstui.tui import lookups, submission
from bstui.tui.screens.cautions import Caution, cautions_of
from bstui.tui.screens.choices import Choice, Choices, change, list_choices
from bstui.tui.screens.launching import (
    KEYS,
    change_launching,
    first_launching,
    launch_lines,
    script_lines,
)
from bstui.tui.screens.layouts import Layout, layouts_for
from bstui.tui.services import OnStep, Services, Workspace


class Draft:
    """What the review shows; it draws nothing, and writes nothing but what a command names."""

    def __init__(
        self, services: Services, workspace: Workspace, selection: Selection, choices: Choices
    ) -> None:
        self._services = services
        self._workspace = workspace
        self.selection = selection
        self.choices = choices
        self.launching = first_launching(services.settings, services.environ)
        self._launcher = Launcher.DETACHED
        """What it comes to for the last plan."""
        self.script: list[str] = []
        """What a scheduler would be given, and says of it, once that was asked."""
        self.contents: Contents | None = None
        """What was read for this review: a changed decision costs no call."""
        self.arrangement: Arrangement | None = None
        """The samples as they were arranged here; None: as the grouping has them."""
        self.plan: Plan | None = None
        self.last_plan: Plan | None = None
        """The newest that there was: costs and examples are of it."""
        self.error: BstuiError | None = None
        """Why there is no plan."""
        self.quotas: tuple[Quota, ...] = ()
        self.cautions: list[Caution] = []

    # Planning

    def forget_plan(self) -> None:
        """It is to be made anew."""
        self.plan, self.error, self.cautions, self.script = None, None, [], []

    def forget_contents(self) -> None:
        """Everything is to be read again."""
        self.contents = self.arrangement = None

    async def make(self, on_step: OnStep) -> None:
        """Make the plan, or know why there is none."""
        request = self.request()
        try:
            if self.contents is None:
                self.contents = await self._services.read(self._workspace, self.selection, on_step)
            plan = await self._services.plan(
                self._workspace, self.selection, request, self.contents
            )
            self.plan = self.last_plan = self._launched(plan)
        except BstuiError as error:
            self.error = error
        else:
            self._find_cautions()

    def _launched(self, plan: Plan) -> Plan:
        """The plan with the launcher that it comes to."""
        self._launcher, _ = self.launching.settle(plan.header)
        batch = self.launching.asked(self._launcher)
        header = msgspec.structs.replace(plan.header, launcher=self._launcher, batch=batch)
        return replace(plan, header=header)

    async def ask_scheduler(self) -> None:
        """What it would be given, and what Slurm says of it."""
        plan = self.plan
        if plan is None or not plan.header.launcher.is_queued:
            self.script = ["The worker is a process on this machine: there is no script."]
            return
        try:
            trial = await submission.try_plan(
                plan.header, self._services.places, self._services.environ
            )
        except BstuiError as error:
            self.script = [str(error)]
        else:
            self.script = script_lines(trial, "Slurm")

    async def look_at_quotas(self) -> None:
        """Those that count where the plan would write: a file server may be slow to say."""
        if self.plan is not None:
            where = Path(self.plan.room.where)
            self.quotas = await lookups.find_quotas(where, self._services.environ)
            self._find_cautions()

    def _find_cautions(self) -> None:
        self.cautions = cautions_of(self.plan, self.quotas) if self.plan else []

    def request(self) -> PlanRequest:
        choices = self.choices
        request = self._services.request(
            self._workspace, choices.destination, choices.options, choices.name
        )
        batch = self.launching.asked(self._launcher)
        return replace(request, sample_map=self.sample_map, launcher=self._launcher, batch=batch)

    # Decisions

    def change(self, key: str, value: str) -> bool:
        """Decide otherwise; whether that is another decision. BstuiError or ValueError: cannot."""
        if key in KEYS:
            before, self.launching = self.launching, change_launching(self.launching, key, value)
            return before != self.launching
        changed = change(self.choices, key, value, self.selection.first_source)
        if changed == self.choices:
            return False
        self.choices = changed
        if key in ("grouping", "sample"):
            self.arrangement = None
        return True

    def lines(self) -> list[Choice]:
        """All decisions, as they are shown."""
        header = self.last_plan.header if self.last_plan else None
        return [*list_choices(self.choices, header), *launch_lines(self.launching, header)]

    @property
    def layout(self) -> str:
        """The one that is chosen, or the default."""
        return self.choices.options.layout or DEFAULTS[Grouping(self.choices.options.grouping)]

    def layouts(self) -> list[Layout]:
        """Those to choose from."""
        return layouts_for(Grouping(self.choices.options.grouping), self.layout)

    async def example_paths(self) -> Mapping[str, list[str]]:
        """Some paths of each of them, of the last plan's samples."""
        if self.last_plan is None or not isinstance(self.contents, Gathered):
            return {}
        return await lookups.example_paths(
            self.last_plan.samples,
            self.contents.files,
            {layout.value: layout.template for layout in self.layouts()},
            blanks=all(form.blanks for form in load_sheets(self.choices.options.sheets)),
        )

    # The command line that does the same

    @property
    def sample_map(self) -> SampleMap:
        """What was arranged, under the name of the file that would say the same."""
        if self.arrangement is None or not isinstance(self.contents, Gathered):
            return NO_MAP
        source = str(self._services.map_path(self._list_name))
        return map_of(self.contents.choices, self.arrangement.assignments, source)

    @property
    def _list_name(self) -> str:
        """What the file of marks is named after, where the command needs one."""
        return self.plan.header.name if self.plan else self.selection.first_source

    def command(self) -> str:
        return self._services.command(self.selection, self.request(), self._list_name)

    async def write_files(self) -> None:
        """Those that the command names."""
        if "--from" in shlex.split(self.command()):
            await self._services.write_list(self.selection.marks, self._list_name)
        sample_map = self.sample_map
        if sample_map.rows:
            await self._services.write_map(sample_map)
