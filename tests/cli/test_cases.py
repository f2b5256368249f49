"""The command line over the core facility's cases: imported whole, or refused with what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.jobs.identifiers import find_job
from bstui.paths import Places
from bstui.simulator.scales import Scale
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.cli.running import Shell
from tests.oracle import assert_imported

_WHOLE = (
    *(" blank name", "+plus", " 50%41 per cent", " Zürich é 日本", "-no-ETag", "-weak-ETag"),
    *("-zero-bytes", "-index-reads", "-two-runs", "-re-queued"),
)


@pytest.fixture(scope="module")
def core() -> Iterator[Simulator]:
    with Simulator(SimulatorOptions(scale=Scale.CORE)) as running:
        yield running


def test_odd_names_and_etags_and_empty_files_arrive_whole(
    shell: Shell, core: Simulator, places: Places, tmp_path: Path
) -> None:
    shell.use(core, core.tokens.person)
    chosen = [f"biosample:=case{name}" for name in _WHOLE]
    where = tmp_path / "out"
    said = shell("import", *chosen, "--to", str(where), "--launch", "here", "--yes", "--json")
    assert said.code == 0, said.err
    assert (said.rows[-1]["state"], said.rows[-1]["files"]) == ("done", 28)
    known = {file for file, path in core.paths().items() if path.startswith("case")}
    assert_imported(find_job(places.jobs, "last"), where, core.truth(known))
    rows = shell("history", "--files", "case", "--json").rows
    proofs = {Path(row["path"]).parent.name: row["verified"] for row in rows}
    assert proofs["case-no-ETag"] == proofs["case-weak-ETag"] == "size+gzip"
    assert proofs["case-zero-bytes"] == proofs["case blank name"] == "etag"


@pytest.mark.parametrize(
    ("run", "advice"),
    [
        ("archived", "bs unarchive run"),
        ("zipping", "Wait until that is through"),
        ("unzipping", "Wait until that is through"),
        ("files deleted", "ask the owner for a copy"),
        ("still sequencing", "Wait until"),
    ],
)
def test_a_raw_run_that_cannot_be_had_is_refused_with_what_to_do(
    shell: Shell, core: Simulator, tmp_path: Path, run: str, advice: str
) -> None:
    shell.use(core, core.tokens.person)
    where = str(tmp_path / "out")
    said = shell("import", f"run:=Case run {run}", "--bcl", "--to", where, "--dry-run")
    assert said.code != 0
    assert advice in said.err


@pytest.mark.parametrize(("run", "files"), [("zipped", 8), ("transfer pending", 96)])
def test_a_raw_run_that_can_be_had_is_warned_of(
    shell: Shell, core: Simulator, tmp_path: Path, run: str, files: int
) -> None:
    shell.use(core, core.tokens.person)
    where = str(tmp_path / "out")
    said = shell("import", f"run:=Case run {run}", "--bcl", "--to", where, "--dry-run", "--json")
    assert (said.code, len(said.rows)) == (0, files)
    assert f"The run is {run}" in said.err
