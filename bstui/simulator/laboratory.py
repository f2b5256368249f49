"""The simulated laboratory: who there is, what was sequenced, who may see what.

Virginia: Robin Ferris owns an RNA project (16 biosamples, two lanes), an amplicon panel (14; one
in two runs with equal file names, one re-queued, names with markup and blanks) and their runs,
and is shown the exome project of the workgroup (10; two deep ones, eight single-end), and a run of
Sam Okafor without its project. The workgroup alone sees a project of odd names and ETags, from a
NextSeq 500, and a run in every state that can befall one. Frankfurt: Robin again, with one project
and one run.
"""

from datetime import timedelta

from bstui.simulator.account import Grant, Session, Tag, Tokens, moment
from bstui.simulator.analyses import count_reads
from bstui.simulator.builder import HISEQ, MISEQ, NEXTSEQ, NEXTSEQ_500, NOVASEQ
from bstui.simulator.contents import MIB, Spool
from bstui.simulator.region import Region
from bstui.simulator.site import Site
from bstui.simulator.states import States

_PANEL = (
    *("Kidney-2", "Heart-1", "S[/b]", "Left ventricle 3", "Right-ventricle-3", "Septum-3"),
    *("Atrium-L", "Atrium-R", "Aorta-1", "Aorta-2", "Valve-1", "Liver-1", "NTC", "a_S1_b"),
)
_ZEBRAFISH = tuple(f"zf-{hours:02}h-{copy}" for hours in (0, 6, 24, 72) for copy in (1, 2, 3, 4))
_ODD = ("no ETag", "weak ETag", "50%+1", "Zürich é日", "x" * 60)
_SMALL_RNA = tuple(f"miR-{number:02}" for number in range(1, 9))
_DEEP_CLUSTERS = 49_400
"""On each tile of the deep run: makes FASTQ of 27 and 34 MiB at 1."""


def make_laboratory(seed: int, deep: float, tokens: Tokens, spool: Spool) -> tuple[Region, Region]:
    """Both regions; `deep` multiplies the clusters of the deep run."""
    virginia = _Virginia(seed, tokens, spool)
    virginia.add_panel()
    virginia.add_zebrafish()
    virginia.add_workgroup(deep)
    virginia.add_colleague()
    virginia.add_odd_runs()
    virginia.add_befallen(spool)
    virginia.add_analysis(spool)
    return virginia.region, make_frankfurt(seed, tokens, spool)


class _Virginia(Site):
    def __init__(self, seed: int, tokens: Tokens, spool: Spool) -> None:
        super().__init__(Region("Virginia", "USE1", 1), seed, spool)
        self.robin = self.user("Robin Ferris", "robin.ferris@example.org")
        self.group = self.user("Heart & Tumour Group", "group@example.org", self.robin)
        self.sam = self.user("Sam Okafor", "sam.okafor@example.org")
        self.admit(tokens, self.robin, self.group)
        self._panel: list[Session] = []

    def add_panel(self) -> None:
        """Amplicons on MiSeq, with a top-up run of the first and a re-queue of the second."""
        started = moment("2026-01-12 09:30")
        project = self.builder.project("Cardiac amplicon panel", self.robin, started)
        panel = self.biosamples(project, _PANEL)
        cell = self.cell(MISEQ, started, panel, tiles=(1101, 1102), clusters=2500)
        run = self.builder.run(cell, MISEQ, "Cardiac panel plate 1", self.robin, started)
        first = self.builder.session(run)
        self._panel.append(first)
        self.builder.demultiplex(run, first, panel)
        unindexed = self.builder.project("Unindexed Reads", self.robin, started)
        self.builder.undetermined(run, first, unindexed)
        again = self.builder.session(run, timedelta(days=9))
        self.builder.demultiplex(run, again, panel[1:2], level=9)
        later = moment("2026-02-03 10:05")
        cell = self.cell(MISEQ, later, panel[:1], clusters=800)
        top_up = self.builder.run(cell, MISEQ, "Cardiac panel top-up", self.robin, later)
        self.builder.demultiplex(top_up, self.builder.session(top_up), panel[:1])

    def add_analysis(self, spool: Spool) -> None:
        """A count of the panel's reads: what else than FASTQ lies in a project."""
        for session in self._panel:
            count_reads(self.region, spool, session)

    def add_zebrafish(self) -> None:
        """RNA over two lanes of a NovaSeq."""
        started = moment("2026-03-19 14:40")
        text = "Heart regeneration, 0 to 72 hours after injury, four replicates each."
        project = self.builder.project("Zebrafish heart RNA-seq", self.robin, started, text)
        fish = self.biosamples(project, _ZEBRAFISH)
        tiles = (1101, 1102, 2101, 2102)
        cell = self.cell(
            NOVASEQ, started, fish, tiles=tiles, lanes=2, read_length=151, clusters=2600
        )
        run = self.builder.run(cell, NOVASEQ, "zf heart NovaSeq", self.robin, started)
        self.builder.demultiplex(run, self.builder.session(run), fish)

    def add_workgroup(self, deep: float) -> None:
        """The workgroup's project, shared with Robin: deep exomes, and single-end small RNA."""
        started, shown = moment("2026-04-22 07:55"), (self.robin,)
        name = "Tumour exomes and small RNA"
        project = self.builder.project(name, self.group, started, shared_with=shown)
        exomes = self.biosamples(project, ("Tumour-07", "Normal-07"))
        small = self.biosamples(project, _SMALL_RNA)
        cell = self.cell(
            NEXTSEQ,
            started,
            exomes,
            tiles=(1101, 1102, 2101, 2102),
            read_length=151,
            clusters=max(1, round(_DEEP_CLUSTERS * deep)),
            weights=(10, 12.55),
        )
        run = self.builder.run(cell, NEXTSEQ, "Exomes 07", self.group, started, shared_with=shown)
        session = self.builder.session(run)
        self.builder.demultiplex(run, session, exomes[:1], level=0, part_size=5 * MIB)
        self.builder.demultiplex(run, session, exomes[1:], level=0, part_size=8 * MIB)
        later = moment("2026-05-06 16:20")
        cell = self.cell(
            HISEQ,
            later,
            small,
            tiles=(1101, 2101),
            lanes=2,
            read_length=51,
            is_paired=False,
            clusters=3000,
        )
        run = self.builder.run(cell, HISEQ, "small RNA 1-8", self.group, later, shared_with=shown)
        self.builder.demultiplex(run, self.builder.session(run), small)

    def add_colleague(self) -> None:
        """A run of 60 biosamples that is shared with Robin, of a project that is not."""
        started = moment("2026-05-20 11:00")
        project = self.builder.project("Okafor confidential", self.sam, started)
        plate = self.biosamples(project, (f"well-{n:02}" for n in range(1, 61)))
        cell = self.cell(MISEQ, started, plate, read_length=36, is_paired=False, clusters=1200)
        shown = (self.robin,)
        run = self.builder.run(cell, MISEQ, "Shared plate 12", self.sam, started, shared_with=shown)
        self.builder.demultiplex(run, self.builder.session(run), plate)

    def add_odd_runs(self) -> None:
        """A run that is still uploading, and one in cold storage."""
        now = moment("2026-06-01 08:00")
        cell = self.cell(MISEQ, now, clusters=200)
        self.builder.run(cell, MISEQ, "Panel plate 2", self.robin, now, is_uploading=True)
        then = moment("2023-02-14 12:00")
        cell = self.cell(MISEQ, then, clusters=200)
        self.builder.run(cell, MISEQ, "Pilot 2023", self.robin, then, is_archived=True)

    def add_befallen(self, spool: Spool) -> None:
        """Odd file names and ETags, and runs that are zipped, deleted, failed or on their way."""
        started = moment("2022-10-04 09:00")
        project = self.builder.project("Odd names & lost files", self.group, started)
        odd = self.biosamples(project, _ODD)
        cell = self.cell(NEXTSEQ_500, started, odd, tiles=(11101, 11102), lanes=2, read_length=36)
        run = self.builder.run(cell, NEXTSEQ_500, "NextSeq 500, odd names", self.group, started)
        self.builder.demultiplex(run, self.builder.session(run), odd)
        for biosample, tag in zip(odd, (Tag.MISSING, Tag.WEAK), strict=False):
            for dataset in self.region.datasets_of(biosample):
                for file in dataset.files:
                    file.tag = tag
        states = States(self.region, spool, lambda: "lane")
        for state in ("zipped", "files-deleted", "failed", "transfer-pending"):
            cell = self.cell(MISEQ, started, clusters=200)
            run = self.builder.run(cell, MISEQ, f"A run {state}", self.group, started)
            states.change(run.id, state)


def make_frankfurt(seed: int, tokens: Tokens, spool: Spool) -> Region:
    """The second region: Robin again, with a project and a run."""
    site = Site(Region("Frankfurt", "EUC1", 2), seed, spool)
    robin = site.user("Robin Ferris", "robin.ferris@example.org")
    site.region.grants[tokens.elsewhere] = Grant(robin)
    started = moment("2026-02-24 13:15")
    project = site.builder.project("Frankfurt pilot", robin, started)
    pilots = site.biosamples(project, ("FP-1", "FP-2", "FP-3"))
    cell = site.cell(MISEQ, started, pilots, clusters=900)
    run = site.builder.run(cell, MISEQ, "Frankfurt pilot", robin, started)
    site.builder.demultiplex(run, site.builder.session(run), pilots)
    return site.region
