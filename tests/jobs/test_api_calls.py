"""What an import costs in calls of BaseSpace's API: a page for many files, never one for each."""

import os
from pathlib import Path

from bstui.basespace.credentials import store_profile
from bstui.jobs.records import Options
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from tests.jobs.counting import counting
from tests.jobs.imports import QUICK, plan_job

FILES_A_CALL = 400
ANYWAY = 12
"""Calls of any import, however small: whom the token acts for, the run, an address to try, those of
the end markers."""


def test_plan_and_transfer_of_a_raw_run_take_a_call_for_400_files_at_most(
    laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    with counting(laboratory.regions[0].api_url) as calls:
        secret = Secret(laboratory.tokens.person)
        profile = store_profile(places, "default", calls.url, secret, None)
        options = Options(bcl=True, bcl_files="everything")
        job = plan_job(profile, places, tmp_path / "data", "run:=Exomes 07", options)
        assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
        files = job.header().files
        assert files > 500
        assert calls.number <= files / FILES_A_CALL + ANYWAY, calls.kinds
