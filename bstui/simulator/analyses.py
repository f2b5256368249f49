"""Analyses of FASTQ: what else than FASTQ lies in a project."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from bstui.simulator.account import Application, Result, Sample, Session, StoredFile
from bstui.simulator.contents import Batch, Spool
from bstui.simulator.region import Region

READ_COUNTS = Application(
    "9100001",
    "Read Counts",
    "laboratory.read-counts",
    "Counts the reads of samples, lane by lane",
    "https://basespace.invalid/apps/read-counts",
)
_LATER = timedelta(hours=3)


def count_reads(region: Region, spool: Spool, generation: Session) -> None:
    """Add an analysis of the samples of a FASTQ generation: of each a table of its reads."""
    created = generation.created + _LATER
    session = Session(region.next_id(), created, generation.run, app=READ_COUNTS)
    region.sessions[session.id] = session
    samples = {dataset.sample.id: dataset.sample for dataset in generation.datasets}
    for sample in samples.values():
        first = sample.datasets[0]
        result = Result(region.next_id(), first.line.name, first.project, session, sample)
        region.results[result.id] = result
        session.results.append(result)
        content = Batch(spool, partial(_table, sample)).add()
        name, path = region.next_id(), f"{first.line.stem}_S{first.line.number}.counts.csv"
        region.hold(StoredFile(name, path, content, created, region.key_of(name), result))


def _table(sample: Sample) -> Iterator[bytes]:
    rows = ["sample,lane,clusters,reads"]
    for dataset in sample.datasets:
        reads = dataset.clusters * (2 if dataset.run.cell.is_paired else 1)
        rows.append(f'"{dataset.line.name}",{dataset.lane},{dataset.clusters},{reads}')
    yield "\n".join([*rows, ""]).encode()
