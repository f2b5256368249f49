"""Accounts that somebody describes: the example of the help, and what cannot be meant."""

import gzip
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from bstui.errors import UsageError
from bstui.simulator.account import Storage
from bstui.simulator.contents import DEFAULT_PART, Spool, object_etag
from bstui.simulator.described import make_described
from bstui.simulator.reads import Flowcell
from bstui.simulator.region import Region, View
from bstui.simulator.service import Simulator, SimulatorOptions
from tests.simulator.asking import asking

USERS = '[[users]]\nname = "Ada"\n'
PROJECT = USERS + '[[projects]]\nname = "P"\n'
RUN = PROJECT + '[[runs]]\nexperiment = "R"\n'
SAMPLE = RUN + '[[biosamples]]\nname = "B"\nproject = "P"\n'


def example() -> str:
    text = (files("bstui") / "help" / "simulator.md").read_text()
    match = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert match
    return match[1]


@pytest.fixture
def spool() -> Iterator[Spool]:
    made = Spool()
    yield made
    made.close()


def describe(text: str, folder: Path, spool: Spool) -> Region:
    path = folder / "account.toml"
    path.write_text(text)
    return make_described(path, 7, spool)


def test_the_example_of_the_help_is_an_account(tmp_path: Path, spool: Spool) -> None:
    region = describe(example(), tmp_path, spool)
    ada, ben, group = (View(region, grant) for grant in region.grants.values())
    assert [p.name for p in ada.projects()] == ["Exomes"]
    assert [r.experiment for r in ada.runs()] == ["Plate 1", "Plate 2"]
    assert [r.experiment for r in group.runs()] == ["Plate 1"]
    assert (ben.grant.may_read, ada.grant.may_read, group.grant.user.is_workgroup) == (
        *(False, True, True),
    )
    names = [b.name for b in ben.biosamples()]
    assert (len(names), names[0], names[-1]) == (96, "well-01", "well-96")
    plate, archived = region.runs.values()
    assert (plate.name, archived.storage) == ("260112_A01052_0041_BHAB12CDRXX", Storage.ARCHIVED)
    assert archived.cell.insert_cycles == (28, 90)
    deep, failed, cold = region.datasets_of(next(ada.biosamples()))
    assert [f.content.size for f in deep.files] == [2 * 10**9] * 2
    assert (deep.lane, failed.lane, failed.qc_status) == (1, 2, "QcFailed")
    assert (cold.is_archived, cold.files[0].etag[:3]) == (True, 'W/"')


def test_reads_are_in_step_with_the_run_folder(tmp_path: Path, spool: Spool) -> None:
    region = describe(example(), tmp_path, spool)
    well = next(b for b in region.biosamples.values() if b.name == "well-17")
    (dataset,) = region.datasets_of(well)
    texts = [gzip.decompress(file.content.read()) for file in dataset.files]
    cell = dataset.run.cell
    assert isinstance(cell, Flowcell)
    assert texts == [cell.fastq([dataset.line], 1, read)[0] for read in (1, 2)]
    assert [len(text.split(b"\n")[1]) for text in texts] == [28, 90]
    run = dataset.run
    assert all(len(file.content.read()) == file.content.size for file in run.files)


def test_a_size_is_met_exactly(tmp_path: Path, spool: Spool) -> None:
    text = SAMPLE + 'datasets = [{ run = "R", size = 9_000_017 }]\n'
    (dataset,) = describe(text, tmp_path, spool).datasets.values()
    first, second = (file.content for file in dataset.files)
    data = first.read()
    assert len(data) == 9_000_017
    assert first.stored.etag == object_etag(data, DEFAULT_PART) != second.stored.etag
    names = [
        [line.split(b" ") for line in gzip.decompress(content.read()).split(b"\n")[:-1:4]]
        for content in (first, second)
    ]
    assert [name for name, _ in names[0]] == [name for name, _ in names[1]]
    assert {tail[:2] for _, tail in names[1]} == {b"2:"}


def test_a_requeue_is_the_newer(tmp_path: Path, spool: Spool) -> None:
    text = SAMPLE + 'datasets = [{ run = "R" }, { run = "R" }]\n'
    older, newer = describe(text, tmp_path, spool).datasets.values()
    assert (older.run, older.lane, older.name) == (newer.run, newer.lane, newer.name)
    assert older.created < newer.created
    assert older.id != newer.id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Object missing required field `users`"),
        ("users = []", "users: Expected `array` of length >= 1"),
        ("[[users]\n", "no TOML: .*line 1"),
        (USERS + "name = 3\n", "line 3"),
        ("[[users]]\nname = 3", r"users\[0\]\.name: Expected `str`, got `int`"),
        ("[[users]]\nname = ''", r"users\[0\]\.name"),
        (USERS + USERS, r"users\[1\]\.name: there are two called 'Ada'"),
        (USERS + "token = 'x'", r"users\[0\]\.token"),
        (USERS + "colour = 'red'", r"users\[0\]: Object contains unknown field `colour`"),
        (
            USERS + "[[workgroups]]\nname = 'G'\nperson = 'X'",
            r"workgroups\[0\]\.person: there is no",
        ),
        (PROJECT + "owner = 'Bob'", r"projects\[0\]\.owner: there is no .* 'Bob'.* 'Ada'"),
        (PROJECT + "shared_with = ['Bob']", r"projects\[0\]\.shared_with\[0\]: there is no"),
        (PROJECT + "created = 'soon'", r"projects\[0\]\.created"),
        (RUN + "lanes = 9", r"runs\[0\]\.lanes: Expected `int` <= 8"),
        (RUN + "reads = []", r"runs\[0\]\.reads"),
        (RUN + "instrument = 'abacus'", r"runs\[0\]\.instrument: Invalid enum value 'abacus'"),
        (RUN + "state = 'lost'", r"runs\[0\]\.state"),
        (
            RUN + "[[biosamples]]\nname = 'B'\nproject = 'Q'",
            r"biosamples\[0\]\.project: there is no",
        ),
        (
            SAMPLE + "datasets = [{ run = 'S' }]",
            r"biosamples\[0\]\.datasets\[0\]\.run: there is no",
        ),
        (
            SAMPLE + "datasets = [{ run = 'R', lanes = [2] }]",
            r"datasets\[0\]\.lanes\[0\]: run 'R' has",
        ),
        (
            SAMPLE + "datasets = [{ run = 'R', size = 'x' }]",
            r"datasets\[0\]\.size: 'x' is not a size",
        ),
        (SAMPLE + "datasets = [{ run = 'R', size = 7 }]", r"datasets\[0\]\.size: no gzip member"),
        (SAMPLE + "datasets = [{ run = 'R', size = -1 }]", r"datasets\[0\]\.size"),
        (SAMPLE + "datasets = [{ run = 'R', size = '9 TB' }]", r"size: 9 TB is more than"),
        (SAMPLE + "count = 300\ndatasets = [{ run = 'R' }]", r"runs\[0\]: 300 biosamples"),
        (
            PROJECT + PROJECT.replace(USERS, "") + SAMPLE.replace(PROJECT, ""),
            "2 projects are called",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_key(
    text: str, told: str, tmp_path: Path, spool: Spool
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        describe(text, tmp_path, spool)
    assert caught.value.message.startswith(str(tmp_path / "account.toml"))


def test_a_file_that_is_not_there(tmp_path: Path, spool: Spool) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        make_described(tmp_path / "none.toml", 7, spool)
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="no UTF-8"):
        make_described(tmp_path / "latin.toml", 7, spool)


def test_it_is_served_with_a_folder_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "account.toml"
    path.write_text(example())
    (tmp_path / "plate").mkdir()
    (tmp_path / "plate" / "x_R1.fastq.gz").write_bytes(gzip.compress(b""))
    options = SimulatorOptions(account=path, serve=(tmp_path / "plate",))
    with Simulator(options) as simulator:
        (region,) = simulator.regions
        assert [account.name for account in region.accounts] == ["Ada", "Ben", "Heart group"]
        with asking(region) as api:
            listed = api.get("/v1pre3/users/current/projects").json()["Response"]["Items"]
            assert [item["Name"] for item in listed] == ["Exomes", "plate"]
