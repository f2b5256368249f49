"""A facility's rare cases: data in every state, ETags of every kind, names that break programs.

Each thing is called after what it is a case of. Robin, the facility's person, owns all of them but
a run that is shared without its project. Sizes are bytes.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bstui.simulator.account import Biosample, Dataset, Run, Session, Tag, User, moment
from bstui.simulator.builder import HISEQ, MISEQ, NOVASEQ, Instrument
from bstui.simulator.contents import DEFAULT_PART, MIB, Batch, Spool
from bstui.simulator.deep_fastq import BaseParts, DeepFastq
from bstui.simulator.reads import Flowcell
from bstui.simulator.site import Site
from bstui.simulator.states import States

_ORDERED = moment("2024-09-02 08:30")
_RUN_STATES: Mapping[str, tuple[str, ...]] = {
    "archived": ("archived",),
    "zipping": ("zipping",),
    "zipped": ("zipped",),
    "unzipping": ("zipped", "unzipping"),
    "files deleted": ("files-deleted",),
    "transfer pending": ("transfer-pending",),
    "failed": ("failed",),
}
"""What befell a run, after which it is called: a state after another."""
_DATASET_STATES: Mapping[str, str] = {
    "case-archived": "archived",
    "case-files-deleted": "files-deleted",
    "case-transfer-pending": "transfer-pending",
    "case-upload-failed": "failed",
}
_ODD_NAMES = ("case blank name", "case+plus", "case 50%41 per cent", "case Zürich é 日本")
_DATASETS = (
    *("case-two-runs", "case-re-queued", "case-no-ETag", "case-weak-ETag", "case-zero-bytes"),
    *_ODD_NAMES,
    *_DATASET_STATES,
)
_PARTS: Mapping[str, tuple[int, int]] = {
    "case-parts-of-5-MiB": (5 * MIB, 12_000_000),
    "case-parts-of-8-MiB": (DEFAULT_PART, 20_000_000),
    "case-parts-of-25-MB": (25_000_000, 60_000_000),
}
"""Of a file that was uploaded in parts: their size, and its own."""


def add_cases(site: Site, spool: Spool, robin: User, stranger: User) -> None:
    """Add them all to the site's region; `stranger` shares a run of his, but not its project."""
    cases = _Cases(site, spool, robin)
    cases.add_run_states()
    cases.add_uploads()
    cases.add_datasets()
    cases.add_index_reads()
    cases.add_parts()
    cases.add_plate()
    cases.add_many_files()
    cases.add_shared_run(stranger)
    cases.offer_project()


class _Cases:
    def __init__(self, site: Site, spool: Spool, robin: User) -> None:
        self._site = site
        self._builder = site.builder
        self._states = States(site.region, spool, lambda: "lane")
        self._spool = spool
        self._robin = robin
        self._sequenced = _ORDERED + timedelta(days=9)
        self._project = self._builder.project("Cases", robin, _ORDERED, "Data in every state")

    def add_run_states(self) -> None:
        for name, states in _RUN_STATES.items():
            run = self._run(f"Case run {name}", MISEQ, self._cell(MISEQ))
            for state in states:
                self._states.change(run.id, state)

    def add_uploads(self) -> None:
        """Runs of which more files are there each time that somebody has looked."""
        for name, status in (("still sequencing", "Running"), ("uploading", "Uploading")):
            run = self._run(f"Case run {name}", MISEQ, self._cell(MISEQ), is_uploading=True)
            run.status, run.arriving = status, 3

    def add_datasets(self) -> None:
        """A run of which each dataset is a case; the first one's sample is on another, too."""
        members = self._site.biosamples(self._project, _DATASETS)
        run, session = self._sequence("Case run odd datasets", MISEQ, members)
        unindexed = self._builder.project("Unindexed Reads", self._robin, _ORDERED)
        self._builder.undetermined(run, session, unindexed)
        again = self._builder.session(run, timedelta(days=12))
        self._builder.demultiplex(run, again, members[1:2], level=9)
        self._sequence("Case run top-up", MISEQ, members[:1])
        held = {dataset.line.name: dataset for dataset in session.datasets}
        for name, tag in (("case-no-ETag", Tag.MISSING), ("case-weak-ETag", Tag.WEAK)):
            for file in held[name].files:
                file.tag = tag
        for file in held["case-zero-bytes"].files:
            file.content = Batch(self._spool, lambda: [b""]).add(0)
        for name in _ODD_NAMES:
            _spell_out(held[name])
        for name, state in _DATASET_STATES.items():
            self._states.change(held[name].id, state)

    def add_index_reads(self) -> None:
        """A sample over two lanes, with its index reads as files."""
        members = self._site.biosamples(self._project, ("case-index-reads",))
        _, session = self._sequence("Case run two lanes", NOVASEQ, members, lanes=2)
        for dataset in session.datasets:
            self._builder.index_fastq([dataset])

    def add_parts(self) -> None:
        """Single-end FASTQ, of which three were uploaded in parts."""
        members = self._site.biosamples(self._project, ("case-single-end", *_PARTS))
        _, session = self._sequence("Case run single-end", HISEQ, members, is_paired=False)
        for dataset in session.datasets:
            if dataset.line.name in _PARTS:
                part_size, size = _PARTS[dataset.line.name]
                (file,) = dataset.files
                file.content = DeepFastq(BaseParts(self._spool, part_size), size, dataset.id)

    def add_plate(self) -> None:
        """More biosamples on a run than a property shows by itself."""
        project = self._builder.project("Case plate of 200", self._robin, _ORDERED)
        plate = self._site.biosamples(project, (f"case-well-{n:03}" for n in range(1, 201)))
        self._sequence("Case run 200 biosamples", MISEQ, plate, clusters=2400)

    def add_many_files(self) -> None:
        """A run whose files are on two pages."""
        cell = self._site.cell(NOVASEQ, self._sequenced, tiles=(1101, 2101), lanes=3, clusters=60)
        self._run("Case run of two pages", NOVASEQ, cell, is_made_later=True)

    def add_shared_run(self, stranger: User) -> None:
        """A run that is shared with Robin, whose project is not."""
        project = self._builder.project("Case not shared", stranger, _ORDERED)
        members = self._site.biosamples(project, ("case-hidden-1", "case-hidden-2"))
        run, _ = self._sequence("Case run without its project", MISEQ, members, stranger)
        run.readers = frozenset((self._robin.id,))

    def offer_project(self) -> None:
        project = self._builder.project("Case transfer pending", self._robin, _ORDERED)
        project.is_transfer_pending = True
        members = self._site.biosamples(project, ("case-on-its-way",))
        self._sequence("Case run of a project on its way", MISEQ, members)

    def _sequence(
        self,
        experiment: str,
        machine: Instrument,
        members: Sequence[Biosample],
        owner: User | None = None,
        *,
        lanes: int = 1,
        clusters: int = 400,
        is_paired: bool = True,
    ) -> tuple[Run, Session]:
        """A run of some biosamples of one project, and their FASTQ."""
        cell = self._cell(machine, members, lanes, clusters, is_paired)
        run = self._run(experiment, machine, cell, owner)
        session = self._builder.session(run)
        self._builder.demultiplex(run, session, members)
        return run, session

    def _cell(
        self,
        machine: Instrument,
        members: Sequence[Biosample] = (),
        lanes: int = 1,
        clusters: int = 100,
        is_paired: bool = True,
    ) -> Flowcell:
        return self._site.cell(
            machine,
            self._sequenced,
            members,
            lanes=lanes,
            read_length=36,
            clusters=clusters,
            is_paired=is_paired,
        )

    def _run(
        self,
        experiment: str,
        machine: Instrument,
        cell: Flowcell,
        owner: User | None = None,
        *,
        is_uploading: bool = False,
        is_made_later: bool = False,
    ) -> Run:
        return self._builder.run(
            cell,
            machine,
            experiment,
            owner or self._robin,
            self._sequenced,
            is_uploading=is_uploading,
            is_made_later=is_made_later,
        )


def _spell_out(dataset: Dataset) -> None:
    """Call its files as the biosample is called, with what a sample sheet does not allow."""
    line = dataset.line
    for file in dataset.files:
        file.path = file.path.replace(line.stem, line.name, 1)
