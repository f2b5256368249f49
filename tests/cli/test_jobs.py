"""Names, cancelling and lists of jobs, by the command line."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from bstui.basespace.credentials import store_profile
from bstui.jobs.control import ask
from bstui.jobs.folder import create_job
from bstui.jobs.identifiers import find_job
from bstui.jobs.records import Want
from bstui.jobs.watch import JobWatch, list_jobs
from bstui.paths import Places
from bstui.simulator.service import Simulator
from bstui.text import Secret
from tests.cli.running import Shell
from tests.jobs.jobs import make_files, make_header
from tests.lab import wait_for
from tests.running import call_bstui

HERE = ("--launch", "here", "--yes")
PROJECT = "project:Zebrafish heart RNA-seq"


def test_two_imports_at_once_never_share_a_name(
    robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    command = ("import", "biosample:NTC", "--name", "twin", "--yes")
    threads = [
        threading.Thread(target=call_bstui, args=(*command, "--to", str(tmp_path / f"{n}")))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [view.header.name for view in list_jobs(places.jobs)]
    assert len(set(names)) == len(names)
    assert names
    assert all(re.fullmatch(r"twin(-\d)?", name) for name in names)
    wait_for(lambda: all(not view.status.is_active for view in list_jobs(places.jobs)))


def test_a_job_that_ended_is_not_cancelled(robin: Shell, places: Places, tmp_path: Path) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 0
    said = robin("cancel", "last", "--yes")
    assert said.code == 2
    assert "nothing to cancel" in said.err
    assert robin("jobs", "--json").rows[0]["state"] == "done"


def test_a_log_is_rows_for_programs(robin: Shell, tmp_path: Path) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 0
    said = robin("logs", "last", "--json")
    assert {*said.rows[0]} == {"time", "level", "text"}
    assert [row["text"] for row in said.rows if "ended: done" in row["text"]]
    assert all(re.fullmatch(r"[\d-]+T[\d:]+Z", row["time"]) for row in said.rows)
    assert robin("logs", "last").out.splitlines()[0].endswith(said.rows[0]["text"])


def test_a_log_is_searched(shell: Shell, places: Places) -> None:
    job = create_job(places.jobs, make_header(), make_files())
    lines = (
        "2026-02-24T08:00:00Z INFO    It begins.",
        "2026-02-24T09:00:00Z WARNING The disk is full.",
        "  of what went before",
        "2026-02-24T10:00:00Z ERROR   r1 failed",
        "2026-02-24T11:00:00Z INFO    It ends.",
    )
    job.log.write_text("\n".join(lines))

    def found(*options: str) -> list[int]:
        said = shell("logs", "last", *options)
        assert said.code == 0, said.err
        return [lines.index(line) for line in said.out.splitlines()]

    assert found() == found("--since", "2026-02-01") == [0, 1, 2, 3, 4]
    assert found("--level", "warning") == [1, 2, 3]
    assert found("--level", "error") == [3]
    assert found("--grep", "it (b|e)") == [0, 4]
    assert found("--since", "2026-02-24T10:00+00:00", "--level", "info") == [3, 4]
    assert found("--since", "2h", "--grep", "x") == []
    assert shell("logs", "last", "--grep", "(").code == 2
    assert shell("logs", "last", "--since", "soon").code == 2
    assert shell("logs", "last", "--since", "9999999999d").code == 2


def test_a_log_is_followed_to_the_end_of_the_job(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path / "out"), "--yes").code == 0
    said = robin("logs", "last", "--follow")
    assert said.code == 0
    assert "ended: done" in said.out
    assert said.out == robin("logs", "last").out


def test_a_job_of_an_environments_token_goes_on_as_a_profile_of_the_same_account(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    server = simulator.regions[0].api_url
    shell.use(simulator, simulator.tokens.person)
    rows = shell("import", "biosample:NTC", "--to", str(tmp_path), "--dry-run", "--json").rows
    taken = tmp_path / rows[0]["path"]
    taken.parent.mkdir(parents=True)
    taken.write_text("mine")
    assert shell("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 3
    taken.unlink()
    del os.environ["BSTUI_ACCESS_TOKEN"], os.environ["BSTUI_API_SERVER"]
    store_profile(places, "lab", server, Secret(simulator.tokens.person), None)
    store_profile(places, "group", server, Secret(simulator.tokens.workgroup), None)
    assert shell("resume", "last", "--launch", "here").code == 4, "no token is here"
    said = shell("--profile", "group", "resume", "last", "--launch", "here")
    assert said.code == 4, said.err
    said = shell("--profile", "lab", "resume", "last", "--launch", "here")
    assert said.code == 0, said.err
    assert shell("jobs", "--json").rows[0]["state"] == "done"
    taken.write_text("mine")
    command = ("import", "biosample:NTC", "--to", str(tmp_path), *HERE)
    assert shell("--profile", "lab", *command).code == 3
    said = shell("--profile", "group", "resume", "last", "--launch", "here")
    assert said.code == 2
    assert "belongs to the profile lab" in said.err


def test_what_a_stopped_job_had_reached_is_still_told(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    shell.use(simulator, simulator.tokens.person)
    chosen = ("import", "project:Zebrafish heart RNA-seq", "--to", str(tmp_path))
    rows = shell(*chosen, "--dry-run", "--json").rows
    simulator.faults.bandwidth(20_000)
    assert shell(*chosen, "--yes").code == 0
    job = find_job(places.jobs, "last")
    wait_for(lambda: JobWatch(job).refresh().counts.bytes_done > 100_000)
    before = JobWatch(job).refresh().counts.bytes_done
    ask(job, want=Want.CANCEL)
    wait_for(lambda: not JobWatch(job).refresh().status.is_active)
    after = shell("jobs", "--json").rows[0]
    assert after["state"] == "cancelled"
    assert before <= after["bytes_done"] < sum(row["size"] for row in rows)


def test_history_of_files_shows_those_that_were_meant(robin: Shell, tmp_path: Path) -> None:
    robin("import", "biosample:NTC", "biosample:Aorta-1", "--to", str(tmp_path), *HERE)
    rows = robin("history", "--files", "Aorta", "--json").rows
    assert {row["sample"] for row in rows} == {"Aorta-1"}


def test_a_job_that_is_done_is_not_started_again(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 0
    said = robin("resume", "last")
    assert said.code == 2
    assert "is done" in said.err
    assert find_job(places.jobs, "last").numbers().events == (1,)


def test_a_worker_that_waits_with_an_environments_token_gets_another_by_resume(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    shell.use(simulator, simulator.tokens.person)
    simulator.faults.bandwidth(20_000)
    flags = ("--yes", "--concurrent-files", "1")
    assert shell("import", PROJECT, "--to", str(tmp_path), *flags).code == 0
    job = find_job(places.jobs, "last")
    simulator.faults.revoke(simulator.tokens.person)
    simulator.faults.bandwidth(0)
    wait_for(lambda: JobWatch(job).refresh().status.reason == "login")
    assert "BSTUI_ACCESS_TOKEN" in JobWatch(job).refresh().status.explanation
    said = shell("resume", "last")
    assert said.code == 4, said.err
    assert job.numbers().events == (1,), "this token is not better"
    simulator.faults.accept(simulator.tokens.person)
    said = shell("resume", "last")
    assert said.code == 0, said.err
    assert job.numbers().events == (1, 2)
    assert shell("attach", "last", "--wait").code == 0


def test_another_account_or_a_bad_token_starts_nothing(
    shell: Shell, simulator: Simulator, places: Places, tmp_path: Path
) -> None:
    shell.use(simulator, simulator.tokens.person)
    simulator.faults.bandwidth(20_000)
    assert shell("import", PROJECT, "--to", str(tmp_path), "--yes").code == 0
    assert shell("cancel", "last", "--yes").code == 0
    job = find_job(places.jobs, "last")
    wait_for(lambda: not JobWatch(job).refresh().status.is_active)
    attempts = job.numbers().events
    for token in (simulator.tokens.workgroup, "f" * 32):
        shell.use(simulator, token)
        said = shell("resume", "last")
        assert said.code == 4, said.err
        assert "Robin Ferris" in said.err
        assert job.numbers().events == attempts


def test_a_reader_that_has_enough_is_no_error(robin: Shell) -> None:
    command = f"set -o pipefail; {sys.executable} -m bstui regions --tsv | head -n 0"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_region_that_is_none_is_refused_before_a_token_goes_anywhere(shell: Shell) -> None:
    said = shell("login", "lab", "--region", "euc2")
    assert said.code == 2
    assert "euc1" in said.err


def test_addresses_of_other_sites_are_no_sources(robin: Shell) -> None:
    said = robin("show", "https://example.org/projects/101200348")
    assert said.code == 2


def test_streams_that_the_caller_closed_are_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m bstui regions --tsv >&- 2>{tmp_path}/said <&-"
    done = subprocess.run(["bash", "-c", command], check=False)
    assert (done.returncode, (tmp_path / "said").read_text()) == (0, "")


def test_a_job_whose_plan_is_gone_is_told_of(robin: Shell, places: Places, tmp_path: Path) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 0
    job = find_job(places.jobs, "last")
    (job.path / "plan.jsonl").unlink()
    for command in ("jobs", "history"):
        said = robin(command)
        assert said.code == 0
        assert job.id in said.err
        assert "plan.jsonl is not there" in said.err
    said = robin("attach", "last")
    assert said.code == 1
    assert "damaged" in said.err


def test_output_that_finds_no_room_is_an_error_of_room(tmp_path: Path) -> None:
    command = f"{sys.executable} -m bstui regions >/dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr.startswith("bstui: There is no room")
    assert "Traceback" not in done.stderr


def test_names_are_utf8_whatever_the_locale(laboratory: Simulator, tmp_path: Path) -> None:
    folder = tmp_path / "Zürich 日"
    environ = {
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "LC_ALL": "C",
        "HOME": str(tmp_path),
        "BSTUI_API_SERVER": laboratory.regions[0].api_url,
        "BSTUI_ACCESS_TOKEN": laboratory.tokens.person,
    }
    command = (sys.executable, "-m", "bstui", "import", "biosample:NTC", "--to", str(folder), *HERE)
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(folder.rglob("*.fastq.gz"))) == 2
    assert done.stdout.isascii()


def test_a_limit_that_cannot_be_meant_changes_nothing(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    assert robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE).code == 0
    job = find_job(places.jobs, "last")
    before = job.numbers().control
    for flags in ((), ("--bwlimit", "08:00"), ("--bwlimit", "08:00,fast"), ("--bwlimit", "10X")):
        said = robin("limit", "last", *flags)
        assert said.code == 2, said
    assert "the time 08:00 without a rate" in robin("limit", "last", "--bwlimit", "08:00").err
    assert job.numbers().control == before


def test_an_import_takes_a_timetable_and_refuses_what_is_none(robin: Shell, tmp_path: Path) -> None:
    import_ = ("import", "biosample:NTC", "--to", str(tmp_path), "--dry-run")
    assert robin(*import_, "--bwlimit", "08:00,512k 19:00,off", "--concurrency", "low").code == 0
    refused = robin(*import_, "--bwlimit", "08:00")
    assert refused.code == 2
    assert "--bwlimit" in refused.err
    assert "the time 08:00 without a rate" in refused.err
