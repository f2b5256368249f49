"""`projects`, `runs`, `biosamples`, `files`, `show`, `whoami`, `regions`."""

import subprocess
import sys

import pytest

from bstui.simulator.service import Simulator
from tests.cli.running import Shell

PROMISED = {
    ("projects",): {"id", "name", "owner", "size", "created"},
    ("runs",): {"id", "name", "experiment", "status", "size", "instrument", "created"},
    ("biosamples", "project:Cardiac amplicon panel"): {
        *("id", "name", "project_id", "project", "status", "created"),
    },
    ("biosamples", "--details", "run:zf heart NovaSeq"): {
        *("id", "name", "project_id", "project", "status", "created", "runs", "lanes", "size"),
    },
    ("files", "biosample:Kidney-2"): {"id", "name", "size", "path", "etag", "dataset_id"},
    ("files", "--bcl", "run:Cardiac panel top-up"): {
        *("id", "name", "size", "path", "etag", "dataset_id"),
    },
    ("regions",): {"id", "name", "api"},
    ("whoami",): {"id", "name", "user", "kind"},
}


@pytest.mark.parametrize("command", PROMISED)
def test_json_rows_have_the_promised_keys(command: tuple[str, ...], robin: Shell) -> None:
    said = robin(*command, "--json")
    assert said.code == 0, said.err
    assert said.rows
    for row in said.rows:
        assert PROMISED[command] <= row.keys()
        assert isinstance(row["id"], str)
        assert row.get("size") is None or isinstance(row["size"], int)
        assert row.get("created") is None or row["created"].endswith("Z")


def test_tsv_names_its_columns_once(robin: Shell) -> None:
    lines = robin("runs", "--tsv").out.splitlines()
    assert lines[0].split("\t")[:3] == ["id", "name", "experiment"]
    assert len({line.count("\t") for line in lines}) == 1


def test_shared_options_stand_before_and_after_the_command(robin: Shell) -> None:
    assert robin("--json", "projects").rows == robin("projects", "--json").rows


def test_details_name_runs_by_id_and_lanes_by_number(robin: Shell) -> None:
    rows = robin("biosamples", "project:Cardiac amplicon panel", "--details", "--json").rows
    kidney = next(row for row in rows if row["name"] == "Kidney-2")
    runs = {row["id"] for row in robin("runs", "--json").rows}
    assert len(kidney["runs"]) == 2
    assert set(kidney["runs"]) <= runs
    assert kidney["lanes"] == [1]


def test_markup_in_a_name_is_printed_as_it_is(robin: Shell) -> None:
    assert "S[/b]" in robin("biosamples", "project:Cardiac amplicon panel").out


def test_a_biosample_in_two_runs_has_all_its_files_or_those_of_one(robin: Shell) -> None:
    everything = robin("files", "biosample:Kidney-2", "--json").rows
    of_one = robin("files", "biosample:Kidney-2@run:Cardiac panel top-up", "--json").rows
    assert len(everything) == 2 * len(of_one) == 4
    assert {row["id"] for row in of_one} < {row["id"] for row in everything}


def test_show_tells_one_thing_with_sizes_for_people(robin: Shell) -> None:
    out = robin("show", "project:Zebrafish heart RNA-seq").out
    assert "biosamples  16" in out
    assert " MB" in out or " kB" in out


def test_a_call_that_fails_in_the_middle_leaves_no_other_one_behind(
    shell: Shell, simulator: Simulator
) -> None:
    shell.use(simulator, simulator.tokens.person)
    listed = shell("files", "project:Cardiac amplicon panel", "--json").rows
    last = listed[-1]["dataset_id"]
    simulator.faults.burst("api", 404, route=f"/v2/datasets/{last}/files")
    said = shell("files", "project:Cardiac amplicon panel", "--json")
    assert said.code == 1
    assert 0 < len(said.rows) < len(listed)
    assert said.err.startswith("bstui: ")
    assert "generator" not in said.err


def test_a_reader_that_leaves_early_is_no_error(robin: Shell) -> None:
    bstui = f"{sys.executable} -m bstui"
    command = f"set -o pipefail; {bstui} files 'run:zf heart NovaSeq' --bcl --json | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_without_a_selector_all_biosamples_are_listed(robin: Shell) -> None:
    every = {row["id"] for row in robin("biosamples", "--json").rows}
    of_panel = {
        r["id"] for r in robin("biosamples", "project:Cardiac amplicon panel", "--json").rows
    }
    assert of_panel < every


def test_a_list_of_nothing_says_so(robin: Shell) -> None:
    said = robin("biosamples", "project:Unindexed Reads", "--json")
    assert (said.code, said.out) == (0, "")
    assert "no biosamples here" in said.err
