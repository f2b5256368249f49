"""How large the simulated BaseSpace is: from a few biosamples to a hundred thousand."""

from enum import StrEnum

from bstui.simulator.account import Tokens, moment
from bstui.simulator.builder import MISEQ
from bstui.simulator.contents import Spool
from bstui.simulator.facility import CORE, HUGE, make_facility
from bstui.simulator.laboratory import make_frankfurt, make_laboratory
from bstui.simulator.region import Region
from bstui.simulator.site import Site


class Scale(StrEnum):
    TINY = "tiny"
    """Four biosamples and a run."""
    LAB = "lab"
    """A small laboratory, in which most things can be seen once."""
    CORE = "core"
    """A core facility: 40 projects, 3 840 biosamples, 40 runs; and every state (`cases.py`)."""
    HUGE = "huge"
    """200 projects, 100 000 biosamples, a run of 205 000 files, a file of 500 GB."""


def make_regions(
    scale: Scale, seed: int, deep: float, tokens: Tokens, spool: Spool
) -> tuple[Region, Region]:
    """Both regions; `deep` multiplies the large FASTQ of the laboratory."""
    match scale:
        case Scale.LAB:
            return make_laboratory(seed, deep, tokens, spool)
        case Scale.TINY:
            virginia = _make_tiny(seed, tokens, spool)
        case Scale.CORE:
            virginia = make_facility(CORE, seed, tokens, spool)
        case Scale.HUGE:
            virginia = make_facility(HUGE, seed, tokens, spool)
    return virginia, make_frankfurt(seed, tokens, spool)


def _make_tiny(seed: int, tokens: Tokens, spool: Spool) -> Region:
    """A panel of four on a MiSeq, shared with the person's workgroup."""
    site = Site(Region("Virginia", "USE1", 1), seed, spool)
    robin = site.user("Robin Ferris", "robin.ferris@example.org")
    group = site.user("Heart & Tumour Group", "group@example.org", robin)
    site.admit(tokens, robin, group)
    started = moment("2026-01-12 09:30")
    project = site.builder.project("Tiny panel", robin, started, shared_with=(group,))
    panel = site.biosamples(project, ("Kidney-1", "Kidney-2", "Liver-1", "NTC"))
    cell = site.cell(MISEQ, started, panel, read_length=36, clusters=300)
    run = site.builder.run(cell, MISEQ, "Tiny run", robin, started, shared_with=(group,))
    site.builder.demultiplex(run, site.builder.session(run), panel)
    return site.region
