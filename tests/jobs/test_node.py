"""The first act of a worker on a compute node: a node that cannot do the job says so and ends."""

import os
import socket
from pathlib import Path

import msgspec
import pytest

from bstui.basespace.credentials import Profile, store_profile
from bstui.jobs.events import leaving
from bstui.jobs.folder import JobFolder, create_job
from bstui.jobs.identifiers import new_id
from bstui.jobs.pulse import Rhythm
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import QUICK, check_tree, log_in, plan_job

HASTY = Rhythm(tend=QUICK.tend, moving=QUICK.moving, first_wait=QUICK.first_wait, node=0.0)


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


def work_on_node(job: JobFolder, places: Places) -> tuple[int, str]:
    """The exit code and the reason of an attempt within a Slurm job."""
    code = run_worker(job.path, places, {**os.environ, "SLURM_JOB_ID": "7"}, None, HASTY)
    left = leaving(job.events(1))
    return code, left.reason if left else ""


def test_a_node_that_can_brings_every_file(
    profile: Profile, places: Places, simulator: Simulator, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data")
    assert work_on_node(job, places)[0] == 0
    check_tree(job, simulator)


def test_a_node_without_a_way_to_basespace(
    profile: Profile, places: Places, tmp_path: Path
) -> None:
    job = plan_job(profile, places, tmp_path / "data")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        server = f"http://127.0.0.1:{closed.getsockname()[1]}"
        store_profile(places, profile.name, server, profile.token, None)
        code, reason = work_on_node(job, places)
    assert code == 1
    assert f"The node {os.uname().nodename} does not reach BaseSpace" in reason


def test_a_node_that_cannot_write_the_destination(
    profile: Profile, places: Places, tmp_path: Path
) -> None:
    planned = plan_job(profile, places, tmp_path / "data")
    (tmp_path / "file").touch()
    header = msgspec.structs.replace(
        planned.header(), id=new_id(1e9), destination=str(tmp_path / "file" / "data")
    )
    job = create_job(places.jobs, header, planned.files())
    code, reason = work_on_node(job, places)
    assert code == 1
    assert "cannot write into" in reason
