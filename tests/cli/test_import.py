"""`import` and the commands about jobs, by the command line, to files on disk."""

import importlib.util
import json
import os
import shlex
from pathlib import Path

import pytest

from bstui.jobs.identifiers import find_job
from bstui.jobs.manifest import RECORDS
from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Shell
from tests.oracle import assert_history, assert_imported, read_tree

PANEL = "project:Cardiac amplicon panel"
HERE = ("--launch", "here", "--yes")


def test_here_prints_the_job_at_the_start_and_at_the_end(
    robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    said = robin("import", PANEL, "--to", str(tmp_path / "out"), *HERE, "--json")
    assert said.code == 0, said.err
    start, end = said.rows
    assert start["id"] == end["id"]
    assert (start["state"], end["state"]) == ("queued", "done")
    assert end["files"] == end["files_done"] > 0
    assert end["bytes"] == end["bytes_done"] > 0
    assert end["destination"] == str(tmp_path / "out")
    assert_imported(find_job(places.jobs, "last"), tmp_path / "out", laboratory.truth())
    assert robin("history", "--json").rows[0]["outcome"] == "done"
    assert_history(places.state / "history.db", places.jobs)


def test_detached_goes_on_by_itself_and_attach_gives_its_code(
    robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    said = robin("import", PANEL, "--to", str(tmp_path / "out"), "--yes", "--name", "panel 1")
    assert said.code == 0, said.err
    attached = robin("attach", "panel 1", "--wait", "--json")
    assert (attached.code, attached.rows[0]["state"]) == (0, "done")
    assert_imported(find_job(places.jobs, "last"), tmp_path / "out", laboratory.truth())
    job = robin("jobs", "--json").rows[0]
    assert {"id", "name", "state", "files", "bytes", "bytes_done", "destination"} <= job.keys()
    assert job["name"] == "panel 1"


def test_the_default_layout_and_names_that_clash(robin: Shell, tmp_path: Path) -> None:
    robin("import", PANEL, "--to", str(tmp_path / "out"), *HERE)
    project = tmp_path / "out" / "Cardiac amplicon panel"
    assert (project / "Left ventricle 3").is_dir()
    assert (project / "S[%2Fb]").is_dir() or any(project.glob("S[[]*"))
    kidney = sorted(path.relative_to(project) for path in (project / "Kidney-2").rglob("*.gz"))
    assert len(kidney) == 4
    assert len({path.parts[1] for path in kidney}) == 2, "the runs keep equal names apart"


def test_the_same_again_does_nothing_twice(
    robin: Shell, laboratory: Simulator, tmp_path: Path
) -> None:
    command = ("import", "biosample:Kidney-2", "--to", str(tmp_path / "out"), *HERE)
    assert robin(*command).code == 0
    tree, asked = read_tree(tmp_path / "out"), len(laboratory.requests())
    said = robin(*command)
    assert said.code == 0, said.err
    assert "there already" in said.err
    assert read_tree(tmp_path / "out") == tree
    assert len(laboratory.requests()) == asked


def test_a_name_that_another_file_has_is_left_alone(robin: Shell, tmp_path: Path) -> None:
    rows = robin("import", "biosample:NTC", "--to", str(tmp_path), "--dry-run", "--json").rows
    mine = tmp_path / rows[0]["path"]
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for existing, action in (
        ("adopt", "taken"),
        ("keep-both", "keep-both"),
        ("replace", "replace"),
    ):
        command = ("import", "biosample:NTC", "--to", str(tmp_path), "--existing", existing)
        [row, *others] = robin(*command, "--dry-run", "--json").rows
        assert (row["action"], {other["action"] for other in others}) == (action, {"fetch"})
    said = robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE)
    assert said.code == 3, said.err
    assert mine.read_text() == "mine"
    assert mine.name in said.err
    assert all((tmp_path / row["path"]).exists() for row in rows)
    said = robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE, "--existing", "keep-both")
    assert said.code == 0, said.err
    assert mine.read_text() == "mine"
    said = robin("import", "biosample:NTC", "--to", str(tmp_path), *HERE, "--existing", "replace")
    assert said.code == 0, said.err
    assert mine.read_bytes()[:2] == b"\x1f\x8b"
    assert [path.read_text() for path in mine.parent.glob("*.old-*")] == ["mine"]


def test_dry_run_writes_nothing_and_its_rows_have_the_promised_keys(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    said = robin("import", PANEL, "--to", str(tmp_path / "out"), "--dry-run", "--json")
    assert said.code == 0, said.err
    first = said.rows[0]
    assert [*first][:7] == ["id", "name", "path", "size", "sample", "action", "warning"]
    assert {*first} >= {"biosample", "biosample_id", "dataset", "run", "lane", "library", "read"}
    assert not (tmp_path / "out").exists()
    assert not places.jobs.exists()


def test_grouping_single_makes_one_folder(robin: Shell, tmp_path: Path) -> None:
    said = robin(
        *("import", "biosample:Aorta-1", "biosample:Aorta-2", "--to", str(tmp_path / "out")),
        *("--grouping", "single", "--sample", "Aorta", *HERE),
    )
    assert said.code == 0, said.err
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"Aorta", RECORDS}


@pytest.mark.parametrize("run", ["Cardiac panel top-up", "small RNA 1-8"])
def test_one_runs_raw_bcl(
    run: str, robin: Shell, laboratory: Simulator, places: Places, tmp_path: Path
) -> None:
    said = robin("import", f"run:{run}", "--bcl", "--to", str(tmp_path / "out"), *HERE)
    assert said.code == 0, said.err
    assert len(list((tmp_path / "out").glob("*/RunInfo.xml"))) == 1
    assert_imported(find_job(places.jobs, "last"), tmp_path / "out", laboratory.truth())


def test_show_tells_what_was_proven_of_a_raw_run_and_proves_it_again(
    robin: Shell, tmp_path: Path
) -> None:
    run = ("import", "run:Cardiac panel top-up", "--bcl", "--to", str(tmp_path / "out"))
    assert robin(*run, *HERE).code == 0
    (row,) = robin("show", "job:last", "--json").rows
    assert (row["verdict"], row["missing_here"]) == ("complete", [])
    assert "lane 1: " in row["by_lane"][0]
    assert any(line.startswith("whole run: ") and "Gbp" in line for line in row["basespace"])
    if importlib.util.find_spec("interop"):
        assert row["interop"][-1].startswith("lane 1: ")
        assert row["compared"] == ["InterOp and BaseSpace agree in what both measured"]
        assert row["metrics_problems"] == []
    else:
        assert "bstui[sav]" in row["metrics_problems"][0]
    gone = next((tmp_path / "out").rglob("*.bcl"))
    gone.unlink()
    assert robin("show", "job:last", "--json").rows == [row], "what was proven then"
    said = robin("show", "job:last", "--check", "--json")
    assert said.code == 6
    (missing,) = said.rows[0]["missing_here"]
    assert str(gone).endswith(f"/{missing}")


def test_the_command_line_of_bcl_convert(robin: Shell, tmp_path: Path) -> None:
    run = ("import", "run:Cardiac panel top-up", "--bcl", "--to", str(tmp_path / "my out"))
    said = robin(*run, *HERE, "--bcl-convert", "print")
    assert said.code == 0, said.err
    (folder,) = (path for path in (tmp_path / "my out").iterdir() if path.name != ".bstui")
    command = shlex.join(
        [
            *("bcl-convert", "--bcl-input-directory", str(folder)),
            *("--output-directory", f"{folder}-fastq"),
            *("--sample-sheet", str(folder / "SampleSheet.csv")),
        ]
    )
    assert command in said.err
    (row,) = robin("show", "job:last", "--json").rows
    assert row["bcl_convert"] == command
    assert command in robin("logs", "last").out
    said = robin(*run, *HERE, "--bcl-convert", "print", "--bcl-files", "metrics")
    assert "bcl-convert cannot be run on it: the run is complete as chosen." in said.err


def test_a_check_is_of_a_raw_runs_job(robin: Shell, tmp_path: Path) -> None:
    assert robin("show", "project:Cardiac amplicon panel", "--check").code == 2
    assert robin("import", "biosample:NTC", "--to", str(tmp_path / "out"), *HERE).code == 0
    said = robin("show", "job:last", "--check")
    assert (said.code, "imports no raw run" in said.err) == (2, True)


def test_what_of_a_raw_run_is_taken(robin: Shell, tmp_path: Path) -> None:
    command = ("import", "run:small RNA 1-8", "--bcl", "--to", str(tmp_path), "--dry-run", "--json")
    said = robin(*command, "--bcl-files", "metrics", "--include", "Logs/", "--exclude", "*.csv")
    assert {row["name"] for row in said.rows} == {
        "RunInfo.xml",
        "runParameters.xml",
        "TileMetricsOut.bin",
        "CycleTimes.txt",
    }
    assert "taken: InterOp metrics: 1 file, " in said.err
    assert "not taken: left out by --exclude *.csv: 1 file, " in said.err
    assert "not taken: base calls: not part of metrics: " in said.err


@pytest.mark.parametrize(
    "flags",
    [
        ("--bcl-files", "metrics"),
        ("--include", "*"),
        ("--bcl-convert", "print"),
        ("--bcl", "--exclude", "{a"),
        ("--bcl", "--bcl-files", "some"),
    ],
)
def test_a_choice_of_files_that_cannot_be_meant(
    flags: tuple[str, ...], robin: Shell, tmp_path: Path
) -> None:
    said = robin("import", "run:small RNA 1-8", "--to", str(tmp_path), "--dry-run", *flags)
    assert said.code == 2, said.err


def test_two_runs_of_raw_bcl_are_refused(robin: Shell, tmp_path: Path) -> None:
    runs = ("run:Cardiac panel top-up", "run:small RNA 1-8")
    said = robin("import", *runs, "--bcl", "--to", str(tmp_path / "out"), *HERE)
    assert said.code == 2
    assert "one run" in said.err


def test_selectors_from_a_file(robin: Shell, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("# two of them\nbiosample:Aorta-1\n\nbiosample:Aorta-2\n")
    command = ("import", "--from", str(chosen), "--to", str(tmp_path / "out"))
    rows = robin(*command, "--dry-run", "--json").rows
    assert {row["sample"] for row in rows} == {"Aorta-1", "Aorta-2"}


def test_pause_resume_cancel(shell: Shell, simulator: Simulator, tmp_path: Path) -> None:
    shell.use(simulator, simulator.tokens.person)
    rows = shell("import", "biosample:Liver-1", "--to", str(tmp_path), "--dry-run", "--json").rows
    simulator.faults.hold_at([row["id"] for row in rows], 100)
    assert shell("import", "biosample:Liver-1", "--to", str(tmp_path), "--yes").code == 0
    assert shell("pause", "last").code == 0
    assert shell("resume", "nothing-like-it").code == 1
    assert shell("cancel", "last").code == 2, "without a terminal, --yes is needed"
    assert shell("cancel", "last", "--yes").code == 0
    said = shell("attach", "last", "--wait", "--json")
    assert (said.code, said.rows[0]["state"]) == (1, "cancelled")
    simulator.faults.release()
    assert shell("resume", "last").code == 0
    assert json.loads(shell("attach", "last", "--wait", "--json").out)["state"] == "done"
    assert "ended: done" in shell("logs", "last").out
    assert shell("show", "job:last", "--json").rows[0]["state"] == "done"


def test_what_the_site_locks_no_flag_changes(robin: Shell, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    locked = '["import.verify", "import.grouping", "import.existing"]'
    site.write_text(f'locked = {locked}\n[import]\nverify = "full"\ngrouping = "none"\n')
    os.environ["BSTUI_SITE_CONFIG"] = str(site)
    chosen = ("import", "biosample:NTC", "--to", str(tmp_path / "in"), "--dry-run")
    for flag in (("--verify", "none"), ("--grouping", "automatic"), ("--existing", "replace")):
        said = robin(*chosen, *flag)
        assert said.code == 2
        assert flag[0] in said.err
        assert str(site) in said.err
    assert robin(*chosen, "--verify", "full").code == 0


def test_what_is_set_for_fastq_does_not_hinder_a_raw_run(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    places.config.mkdir(parents=True)
    places.settings.write_text('[import]\ngrouping = "single"\nlayout = "{sample}/{file}"\n')
    run = next(row["id"] for row in robin("runs", "--json").rows if row["status"] == "Complete")
    assert robin("import", f"run:{run}", "--bcl", "--to", str(tmp_path), "--dry-run").code == 0


def test_a_layout_in_the_settings_that_cannot_be_used_is_named_with_its_file(
    robin: Shell, places: Places, tmp_path: Path
) -> None:
    places.config.mkdir(parents=True)
    places.settings.write_text('[import]\nlayout = "{nothing}"\n')
    said = robin("import", "biosample:NTC", "--to", str(tmp_path), "--dry-run")
    assert said.code == 2
    assert f"{places.settings}: import.layout" in said.err


def test_what_a_dry_run_prints_is_a_sample_map(robin: Shell, tmp_path: Path) -> None:
    command = ("import", PANEL, "--to", str(tmp_path / "out"), "--dry-run", "--json")
    printed = robin(*command[:-1], "--tsv").out
    (tmp_path / "map.tsv").write_text(printed)
    assert robin(*command, "--sample-map", str(tmp_path / "map.tsv")).rows == robin(*command).rows


def test_a_sample_map_joins_renames_and_leaves_out(robin: Shell, tmp_path: Path) -> None:
    (tmp_path / "map.tsv").write_text("Aorta-1\tAorta\nAorta-2\tAorta\nNTC\t-\n")
    chosen = ("biosample:Aorta-1", "biosample:Aorta-2", "biosample:NTC", "biosample:Kidney-2")
    map_file = ("--sample-map", str(tmp_path / "map.tsv"))
    said = robin("import", *chosen, "--to", str(tmp_path / "out"), *map_file, *HERE)
    assert said.code == 0, said.err
    assert "left out by the sample map" in said.err
    assert "does not name 1 biosample" in said.err
    project = tmp_path / "out" / "Cardiac amplicon panel"
    assert {path.name for path in project.iterdir()} == {"Aorta", "Kidney-2"}
    (tmp_path / "map.tsv").write_text("Aorta-1\n")
    said = robin("import", *chosen, "--to", str(tmp_path / "out"), *map_file, "--dry-run")
    assert (said.code, "map.tsv, line 1" in said.err) == (2, True)
    said = robin("import", *chosen, *map_file, "--grouping", "none", "--to", "x", "--dry-run")
    assert said.code == 2


def test_undetermined_reads_come_only_when_asked(robin: Shell, tmp_path: Path) -> None:
    command = ("import", "run:Cardiac panel plate 1", "--to", str(tmp_path / "out"), "--dry-run")
    said = robin(*command, "--json")
    assert not [row for row in said.rows if row["name"].startswith("Undetermined")]
    assert "reads that no index claimed" in said.err
    asked = robin(*command, "--undetermined", "--json").rows
    assert len(asked) > len(said.rows)
    assert any(row["name"].startswith("Undetermined") for row in asked)
