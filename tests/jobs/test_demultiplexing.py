"""Imported runs of every layout are demultiplexed by an independent program to the same reads."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from bstui.jobs.records import Options
from bstui.jobs.run_files import run_folder
from bstui.jobs.watch import JobWatch
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.runs.completeness import Verdict
from bstui.simulator.contents import Spool
from bstui.simulator.laboratory import make_laboratory
from bstui.simulator.reads import Flowcell
from bstui.simulator.service import Simulator
from tests.jobs.imports import QUICK, log_in, plan_job
from tests.lab import SEED, SMALL, TOKENS
from tests.simulator.test_picard import CBCL_NEEDS, PICARD, assert_reads, demultiplex

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(PICARD is None, reason="PicardCommandLine (picard-tools) is not there"),
]


@pytest.mark.parametrize(
    ("experiment", "files"),
    [
        ("Cardiac panel plate 1", "no-images"),
        ("small RNA 1-8", "demultiplexing"),
        ("NextSeq 500, odd names", "demultiplexing"),
        ("Exomes 07", "demultiplexing"),
    ],
)
def test_an_imported_run_gives_its_reads(
    simulator: Simulator, places: Places, tmp_path: Path, experiment: str, files: str
) -> None:
    with closing(Spool()) as spool:
        region, elsewhere = make_laboratory(SEED, SMALL, TOKENS, spool)
        runs = [*region.runs.values(), *elsewhere.runs.values()]
        cell = next(run.cell for run in runs if run.experiment == experiment)
        assert isinstance(cell, Flowcell)
        if experiment == "Exomes 07" and not CBCL_NEEDS.exists():
            pytest.skip("picard reads .cbcl only where libcommons-lang-java is installed")
        is_groups = experiment == "NextSeq 500, odd names"
        profile = log_in(simulator, places, simulator.tokens.workgroup if is_groups else "")
        options = Options(bcl=True, bcl_files=files)
        job = plan_job(profile, places, tmp_path / "data", f"run:{experiment}", options)
        assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
        proof = JobWatch(job).refresh().proof
        assert proof is not None
        assert proof.verdict is Verdict.COMPLETE, proof.text
        demultiplex(cell, cell.lanes, run_folder(job), tmp_path)
        assert_reads(cell, cell.lanes, tmp_path)
