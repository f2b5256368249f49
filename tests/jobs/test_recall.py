"""An import of the same again reads nothing that its destination's record proves."""

import os
from pathlib import Path

import pytest

from bstui.basespace.credentials import Profile
from bstui.jobs.events import read_events
from bstui.jobs.folder import JobFolder
from bstui.jobs.manifest import MANIFEST, record_folder
from bstui.jobs.records import FileDone, Options
from bstui.jobs.worker import run_worker
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.jobs.imports import QUICK, check_tree, log_in, plan_job

RECORDED = ", on record"


@pytest.fixture
def profile(simulator: Simulator, places: Places) -> Profile:
    return log_in(simulator, places)


@pytest.fixture
def first(profile: Profile, places: Places, tmp_path: Path) -> JobFolder:
    return carry_out(plan_job(profile, places, tmp_path / "data"), places)


def carry_out(job: JobFolder, places: Places) -> JobFolder:
    assert run_worker(job.path, places, os.environ, rhythm=QUICK) == 0
    return job


def proofs(job: JobFolder) -> dict[str, str]:
    """By path, by what each file is proven."""
    events = (event for event, _ in read_events(job.events(1)))
    return {event.path: event.verified for event in events if isinstance(event, FileDone)}


def test_what_is_as_it_was_left_is_taken_by_its_record(
    first: JobFolder, profile: Profile, places: Places, simulator: Simulator
) -> None:
    data = Path(first.header().destination)
    touched, gone = sorted(proofs(first))[:2]
    os.utime(data / touched)
    (data / gone).unlink()
    again = carry_out(plan_job(profile, places, data), places)
    check_tree(again, simulator)
    told = proofs(again)
    assert told.pop(touched) == "adopted: etag"
    assert told.pop(gone) == "etag"
    assert told
    assert all(proof.endswith(RECORDED) for proof in told.values())
    third = carry_out(plan_job(profile, places, data), places)
    assert all(proof.count(RECORDED) == 1 for proof in proofs(third).values())


def test_a_stronger_proof_than_the_record_has_is_made(
    first: JobFolder, profile: Profile, places: Places
) -> None:
    data = Path(first.header().destination)
    wished = Options(verify="full", digest="sha256")
    again = carry_out(plan_job(profile, places, data, options=wished), places)
    assert not any(proof.endswith(RECORDED) for proof in proofs(again).values())


def test_a_damaged_record_proves_nothing_and_stops_nothing(
    first: JobFolder, profile: Profile, places: Places, simulator: Simulator
) -> None:
    data = Path(first.header().destination)
    (record_folder(data, first.id) / MANIFEST).write_bytes(b"{half a li")
    again = carry_out(plan_job(profile, places, data), places)
    check_tree(again, simulator)
    assert set(proofs(again).values()) == {"adopted: etag"}
