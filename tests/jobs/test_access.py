"""Where a worker's files are: the calls that it costs, and addresses that have grown too old."""

import os
from pathlib import Path

import msgspec

from bstui.basespace.credentials import store_profile
from bstui.jobs.access import Access
from bstui.jobs.records import Options, PlanHeader
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from bstui.transfer.items import Item
from tests.basespace.server import TOKEN, Question, Reply, serving
from tests.jobs.imports import check_tree, log_in, plan_job, working
from tests.jobs.jobs import make_header

SIGNED = "https://store.invalid/{}?Signature=x"


def answer(question: Question) -> Reply:
    """A run of 2 500 files, of which the last is its end marker."""
    match question.path.strip("/").split("/"):
        case [_, "users", "current"]:
            return Reply({"Id": "17", "Name": "Ada"})
        case ["v2", "runs", "7", "files"]:
            offset, limit = int(question.query["offset"]), int(question.query["limit"])
            ids = [str(number) for number in range(2_500)][offset : offset + limit]
            items = [{"Id": i, "HrefContent": SIGNED.format(i)} for i in ids]
            return Reply({"Items": items, "Paging": {"Limit": limit}})
        case ["v1pre3", "files", file, "content"]:
            return Reply({"Response": {"HrefContent": SIGNED.format(f"alone/{file}")}})
        case _:
            return Reply({}, 404)


def item(number: int, path: str = "") -> Item:
    return Item(number + 1, str(number), path or f"R/Data/{number}.bcl", 5)


def a_header(*, bcl: bool) -> PlanHeader:
    return msgspec.structs.replace(make_header(), options=Options(bcl=bcl), sources=("run:7",))


async def test_a_raw_run_costs_a_call_for_a_thousand_files(places: Places) -> None:
    async with serving(answer) as server:
        store_profile(places, "default", server.url, Secret(TOKEN), None)
        header = a_header(bcl=True)
        access = Access(header, places, os.environ)
        await access.open()
        found = [await access.locate(item(number)) for number in range(2_499)]
        last = await access.locate(item(2_499, "R/RTAComplete.txt"))
        again = await access.locate(item(2_498))
        await access.close()
    asked = [question.path for question in server.asked]
    assert [address.reveal() for address in found] == [SIGNED.format(n) for n in range(2_499)]
    assert last.reveal() == SIGNED.format("alone/2499"), "found without turning pages"
    assert again.reveal() == SIGNED.format("alone/2498"), "refused, so asked for alone"
    assert asked.count("/v2/runs/7/files") == 3
    assert len([path for path in asked if path.endswith("/content")]) == 2


async def test_fastq_is_asked_for_file_by_file(places: Places) -> None:
    async with serving(answer) as server:
        store_profile(places, "default", server.url, Secret(TOKEN), None)
        access = Access(a_header(bcl=False), places, os.environ)
        await access.open()
        address = await access.locate(item(3))
        await access.close()
    assert address.reveal() == SIGNED.format("alone/3")
    assert all("/runs/" not in question.path for question in server.asked)


def test_a_raw_run_arrives_though_all_addresses_expire(
    places: Places, tmp_path: Path, simulator: Simulator
) -> None:
    profile = log_in(simulator, places)
    options = Options(bcl=True, concurrent_files=1, concurrent_parts=1)
    job = plan_job(profile, places, tmp_path / "data", "run:Cardiac panel plate 1", options)
    some = [file.id for file in job.files() if file.size > 10_000][:1]
    simulator.faults.hold_at(some, 1_000)
    with working(job, places, os.environ) as codes:
        simulator.faults.wait_until_held(some)
        simulator.faults.expire_urls()
        simulator.faults.release()
    assert codes == [0]
    check_tree(job, simulator)
