"""What an account can have of a run, by what three calls say and do not say."""

from collections.abc import Sequence
from typing import Any

import pytest

from bstui.basespace.models import Run
from bstui.basespace.run_access import RunAccess, look_at_run
from bstui.errors import NotAllowed, NotLoggedIn, ServerFault
from tests.basespace.server import Answer, Question, Reply, asking

RUN = Run(id="7", v1_id="7", name="R", status="Complete")
FORBIDDEN = Reply({"ResponseStatus": {"Message": "requires READ access to this Run"}}, 403)


def page(items: Sequence[dict[str, Any]]) -> Reply:
    paging = {"DisplayedCount": len(items), "TotalCount": len(items), "Limit": 1000}
    return Reply({"Items": items, "Paging": paging})


def biosample(name: str, project: str = "", owner: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {"Id": f"id-{name}", "BioSampleName": name}
    if project:
        body["DefaultProject"] = {"Id": f"p-{project}", "Name": project}
    if owner:
        body["DefaultProject"]["UserOwnedBy"] = {"Id": "9", "Name": owner}
    return body


def lane(name: str, project: str = "P", *, with_id: bool = True) -> dict[str, Any]:
    row = {"LaneNumber": 1, "BioSampleName": name, "LibraryName": name, "ProjectName": project}
    return row | ({"BioSample": {"Id": f"id-{name}"}} if with_id else {})


def dataset(name: str, project: str = "P") -> dict[str, Any]:
    items = [{"Name": "Input.BioSamples", "BioSampleItems": [biosample(name)]}]
    runs = {"Name": "Input.Runs", "RunItems": [{"Id": "7", "Name": "R"}]}
    return {
        "Id": f"ds.{name}",
        "Name": name,
        "Project": {"Id": f"p-{project}", "Name": project},
        "Properties": {"Items": [runs, *([] if project == "Unindexed Reads" else items)]},
    }


def service(
    listed: Sequence[dict[str, Any]] | Reply = (),
    lanes: Sequence[dict[str, Any]] | Reply = (),
    datasets: Sequence[dict[str, Any]] | Reply = (),
    content: Reply | None = None,
) -> Answer:
    def answer(question: Question) -> Reply:
        given: Sequence[dict[str, Any]] | Reply
        match question.path.strip("/").split("/"):
            case [*_, "Input.BioSamples", "items"]:
                given = listed
            case [*_, "lanelibrarymappings"]:
                given = lanes
            case ["v2", "datasets"]:
                given = datasets
            case ["v2", "runs", "7", "files"]:
                given = [{"Id": "1", "Size": 0}, {"Id": "2", "Size": 5}]
            case ["v1pre3", "files", "2", "content"]:
                address = {"HrefContent": "https://store.invalid/1?Signature=x"}
                given = content or Reply({"Response": address})
            case _:
                given = Reply({}, 404)
        if isinstance(given, Reply):
            return given
        return page(given[int(question.query.get("offset", 0)) :])

    return answer


async def look(answer: Answer, run: Run = RUN) -> RunAccess:
    async with asking(answer) as (client, _):
        return await look_at_run(client, run)


async def test_all_of_a_run() -> None:
    names = ("A", "B")
    seen = await look(
        service(
            [biosample(n, "P", "Ada") for n in names],
            [lane(n) for n in names],
            [dataset(n) for n in names],
        )
    )
    assert seen.text == "BCL yes, FASTQ 2 of 2 biosamples"
    assert (seen.missing, seen.differences, seen.advice) == ((), (), "")


async def test_the_projects_that_are_missing_and_their_owners() -> None:
    seen = await look(
        service(
            [biosample("A", "P"), biosample("B", "Q", "Sam"), biosample("C", "Q", "Sam")],
            Reply({}, 404),
            [dataset("A")],
            FORBIDDEN,
        )
    )
    assert seen.text.startswith("BCL no (")
    assert "requires READ access to this Run" in seen.text
    assert seen.text.endswith("FASTQ 1 of 3 biosamples, missing: project Q (Sam)")
    assert seen.missing[0].biosamples == ("B", "C")
    assert "ask their owners" in seen.advice


async def test_lanes_name_the_project_where_the_list_cannot() -> None:
    listed, lanes = [biosample("A"), biosample("B")], [lane("A"), lane("B", "Q", with_id=False)]
    seen = await look(service(listed, lanes, [dataset("A")]))
    assert seen.text == "BCL yes, FASTQ 1 of 2 biosamples, missing: project Q"
    assert seen.differences == ()


async def test_nobody_names_the_project() -> None:
    seen = await look(service([biosample("A")]))
    assert seen.text.endswith("missing: a project that is not named")


async def test_answers_that_do_not_agree_are_told() -> None:
    names = ("A", "B", "C", "D", "E")
    seen = await look(
        service([biosample("A")], [lane(n) for n in names], [dataset("A"), dataset("F")])
    )
    assert seen.biosamples == 6
    assert seen.differences == (
        "The run's list (Input.BioSamples) lacks B, C, D and 2 more.",
        "The list of its lanes (lanelibrarymappings) lacks F.",
    )


async def test_unindexed_reads_are_counted_apart() -> None:
    unindexed = dataset("U", "Unindexed Reads")
    seen = await look(service([biosample("A")], [lane("A")], [dataset("A"), unindexed]))
    assert (seen.readable, seen.biosamples, seen.unindexed) == (1, 1, 1)
    assert seen.differences == ()


async def test_whichever_answers_will_do_and_the_others_are_told() -> None:
    seen = await look(service(Reply({}, 404), Reply({}, 500), [dataset("A")]))
    assert seen.text == "BCL yes, FASTQ 1 of 1 biosamples"
    assert [" cannot be had: " in line for line in seen.differences] == [True, True]


async def test_a_run_in_cold_storage_is_not_tried() -> None:
    archived = Run(id="7", v1_id="7", name="R", is_archived=True)
    assert (await look(service(), archived)).text == "BCL no (archived), FASTQ 0 of 0 biosamples"


@pytest.mark.parametrize(("status", "error"), [(401, NotLoggedIn), (500, ServerFault)])
async def test_without_the_datasets_nothing_is_said(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await look(service([biosample("A")], (), Reply({}, status)))


async def test_a_runs_biosamples_come_from_its_lanes_where_it_has_no_list() -> None:
    async with asking(service(Reply({}, 404), [lane("A"), lane("B")])) as (client, _):
        assert [b.name for b in await client.run_biosamples(RUN).all()] == ["A", "B"]


async def test_lanes_that_only_name_a_biosample_give_no_short_list() -> None:
    lanes = [lane("A"), lane("B", with_id=False)]
    held = [dataset("A"), dataset("B")]
    async with asking(service(Reply({}, 404), lanes, held)) as (client, _):
        assert [b.id for b in await client.run_biosamples(RUN).all()] == ["id-A", "id-B"]


async def notes_of(answer: Answer) -> tuple[list[str], list[str]]:
    async with asking(answer) as (client, _):
        listing = client.run_biosamples(RUN)
        found = [b.id async for b in listing]
    return found, listing.notes


async def test_whom_only_one_answer_names_is_listed_and_told() -> None:
    lists = [biosample("A")], [lane("A"), lane("B")], [dataset("A"), dataset("C")]
    found, notes = await notes_of(service(*lists))
    assert found == ["id-A", "id-B", "id-C"]
    assert notes == [
        "The run's list (Input.BioSamples) lacks B, C.",
        "The list of its lanes (lanelibrarymappings) lacks C.",
    ]


async def test_answers_that_agree_or_do_not_come_are_not_told() -> None:
    for lanes in ([lane("A", with_id=False)], Reply({}, 404), FORBIDDEN, Reply({}, 500)):
        assert await notes_of(service([biosample("A")], lanes, [])) == (["id-A"], [])
    assert await notes_of(service(FORBIDDEN, [lane("A")], FORBIDDEN)) == (["id-A"], [])
    assert await notes_of(service(FORBIDDEN, [lane("A")], [])) == (["id-A"], [])


async def test_a_biosample_without_an_id_is_told() -> None:
    found, notes = await notes_of(service([biosample("A")], [lane("A"), lane("B", with_id=False)]))
    assert found == ["id-A"]
    assert any("B first: they cannot be chosen here" in note for note in notes)


async def test_nothing_answers() -> None:
    with pytest.raises(NotAllowed, match="READ access"):
        await notes_of(service(FORBIDDEN, Reply({}, 404), FORBIDDEN))


async def test_datasets_that_are_refused_are_none_that_can_be_read() -> None:
    seen = await look(service([biosample("A", "P")], [lane("A")], FORBIDDEN))
    assert seen.text == "BCL yes, FASTQ 0 of 1 biosamples, missing: project P"
    assert any("FASTQ datasets cannot be had" in line for line in seen.differences)
