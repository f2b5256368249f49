"""A raw run is checked before any of it is fetched."""

import re

import pytest

from bstui.errors import Archived, BstuiError, Gone, NotAllowed, NotFound
from bstui.runs.choice import Choice, Chosen, parse_choice
from bstui.runs.contents import choose_of_run, gather_run
from tests.basespace.server import Question, Reply, asking

Json = dict[str, object]
DENIED = {"ResponseStatus": {"ErrorCode": "FORBIDDEN", "Message": "requires READ access"}}


def a_file(number: int, path: str, **more: object) -> Json:
    return {"Id": f"r1_{number}", "Name": path.rpartition("/")[2], "Path": path, "Size": 1, **more}


async def gather(
    run: Json,
    files: list[Json],
    *,
    total: int | None = None,
    is_readable: bool = True,
    choice: Choice | None = None,
) -> Chosen:
    """What is gathered of a run of these files; `total` is how many the server counts."""

    def answer(question: Question) -> Reply:
        match question.path.strip("/").split("/"):
            case ["v2", "runs", "11"]:
                return Reply({"Id": "11", "Name": "R_1", "Status": "Complete", **run})
            case ["v2", "runs", "11", "files"]:
                first = int({k.lower(): v for k, v in question.query.items()}.get("offset", 0))
                paging = {"TotalCount": total or len(files), "Limit": 1000}
                return Reply({"Items": files[first:], "Paging": paging})
            case [_, "files", _, "content"]:
                address = {"HrefContent": "http://127.0.0.1:9/x"}
                return Reply(address) if is_readable else Reply(DENIED, 403)
            case _:
                return Reply({}, 404)

    async with asking(answer) as (client, _):
        return choose_of_run(await gather_run(client, "11"), choice or Choice())


FILES = [a_file(1, "RTAComplete.txt"), a_file(2, "RunInfo.xml"), a_file(3, "Images/a.jpg")]


async def test_what_is_taken_and_what_is_not() -> None:
    contents = await gather({}, FILES)
    assert [file.path for file in contents.files] == ["RunInfo.xml", "RTAComplete.txt"]
    assert [file.path for file, _ in contents.left_out] == ["Images/a.jpg"]
    assert not contents.warnings


async def test_a_run_of_which_a_part_is_archived() -> None:
    with pytest.raises(Archived, match=r"1 file of the run R_1 is archived.*Data/x\.bcl") as caught:
        await gather({}, [*FILES, a_file(4, "Data/x.bcl", IsArchived=True)])
    assert "/run/11 or with `bs unarchive run -i 11`: up to 48 hours" in caught.value.hint


@pytest.mark.parametrize(
    ("run", "error", "reason"),
    [
        ({"IsDeleted": True}, Gone, "deleted.*trash"),
        ({"IsFileDataDeleted": True}, Gone, "Its files were deleted.*ask the owner for a copy"),
        ({"Status": "Running"}, BstuiError, r"uploading.*\(Running\).*Wait until"),
        ({"UploadStatus": "Uploading"}, BstuiError, r"\(Complete, Uploading\)"),
        ({"IsZipped": True, "IsUnzipping": True}, BstuiError, "being unzipped.*minutes to hours"),
        ({"IsZipping": True}, BstuiError, "being zipped.*minutes to hours"),
    ],
)
async def test_a_run_that_is_not_whole(run: Json, error: type[BstuiError], reason: str) -> None:
    with pytest.raises(error, match=reason) as caught:
        await gather(run, FILES)
    assert caught.value.hint


async def test_an_archived_run_still_gives_its_metrics() -> None:
    run: Json = {"IsArchived": True}
    files = [*FILES, a_file(4, "Data/x.bcl"), a_file(5, "InterOp/a.bin")]
    with pytest.raises(Archived, match=r"archived.*/run/11 or with `bs unarchive run -i 11`"):
        await gather(run, files)
    chosen = await gather(run, files, choice=parse_choice("metrics", [], []))
    assert [file.path for file in chosen.files] == ["RunInfo.xml", "InterOp/a.bin"]


async def test_a_choice_of_nothing_says_so() -> None:
    with pytest.raises(NotFound, match="Of the 3 files it has, none is chosen"):
        await gather({}, FILES, choice=parse_choice("metrics", [], ["*"]))


@pytest.mark.parametrize("files", [[], FILES[2:]])
async def test_a_run_of_nothing(files: list[Json]) -> None:
    with pytest.raises(NotFound, match="holds no files"):
        await gather({}, files)


async def test_a_run_that_may_be_seen_but_not_read() -> None:
    with pytest.raises(NotAllowed):
        await gather({}, FILES, is_readable=False)


@pytest.mark.parametrize(
    ("run", "files", "total", "reason"),
    [
        ({"Status": "Failed"}, FILES, None, "status is Failed"),
        ({"IsZipped": True}, FILES, None, "Zip files stand in place.*unzipped at .*/run/11"),
        ({"IsTransferPending": True}, FILES, None, "transfer pending.*you may lose access"),
        ({}, FILES, 9, "counts 6 more files"),
        ({}, [*FILES, a_file(4, "../x")], None, "the first is ../x"),
    ],
)
async def test_warnings(run: Json, files: list[Json], total: int | None, reason: str) -> None:
    (warning,) = (await gather(run, files, total=total)).warnings
    assert re.search(reason, warning)
