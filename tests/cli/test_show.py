"""`show`: what can be had of a run, in which state things are, and what can be done."""

from bstui.simulator.service import Simulator
from tests.cli.running import Shell


def test_a_run_that_is_shared_without_its_project(robin: Shell) -> None:
    [row] = robin("show", "run:Shared plate 12", "--json").rows
    assert row["access"] == (
        "BCL yes, FASTQ 0 of 60 biosamples, missing: project Okafor confidential"
    )
    assert row["bcl"] is True
    assert (row["fastq_biosamples"], row["biosamples"]) == (0, 60)
    assert row["missing_projects"] == ["project Okafor confidential"]
    assert "share" in row["access_advice"]


def test_a_run_with_all_its_fastq(robin: Shell) -> None:
    [row] = robin("show", "run:Cardiac panel plate 1", "--json").rows
    assert row["access"] == "BCL yes, FASTQ 14 of 14 biosamples"
    assert (row["unindexed_datasets"], row["differences"], row["states"]) == (1, "", [])


def test_states_are_shown_with_what_can_be_done(robin: Shell) -> None:
    said = robin("show", "run:Pilot 2023")
    assert said.code == 0
    assert "bs unarchive run -i" in said.out
    assert "BCL no (archived)" in said.out
    [row] = robin("show", "run:Panel plate 2", "--json").rows
    assert row["states"] == ["uploading"]


def test_a_dataset_with_its_quality_and_reads(robin: Shell) -> None:
    file = robin("files", "biosample:Kidney-2", "--json").rows[0]
    [row] = robin("show", f"dataset:{file['dataset_id']}", "--json").rows
    assert row["read_layout"].startswith("2 x ")
    assert row["paired"] is True
    assert row["unindexed"] is False
    assert row["reads"] > 0


def test_a_single_file_by_its_id_or_address(robin: Shell, laboratory: Simulator) -> None:
    file = robin("files", "biosample:Kidney-2", "--json").rows[0]
    address = f"{laboratory.regions[0].api_url}/v1pre3/files/{file['id']}?x=1"
    for selector in (f"file:{file['id']}", address):
        [row] = robin("show", selector, "--json").rows
        assert (row["name"], row["size"], row["archived"]) == (file["name"], file["size"], False)
    said = robin("import", address, "--to", "x", "--yes")
    assert said.code == 2
    assert f"bstui show file:{file['id']}" in said.err


def test_the_statistics_of_a_run_and_the_samples_of_its_sheets(robin: Shell) -> None:
    said = robin("show", "run:small RNA 1-8", "--json")
    assert said.code == 0, said.err
    [row] = said.rows
    assert "Gbp, " in row["metrics"]
    assert "% PF" in row["metrics"]
    assert row["by_read"][1].startswith("read 2 (index): 8 cycles, ")
    assert [text.partition(":")[0] for text in row["by_lane"]] == ["lane 1", "lane 2"]
    assert row["sample_sheet"] == "SampleSheet.csv v1"
    assert row["samples"]
    assert row["problems"] == []


def test_a_sheet_that_is_another_in_basespace_is_compared(robin: Shell) -> None:
    [row] = robin("show", "run:Cardiac panel plate 1", "--json").rows
    assert row["sheet_differences"] == [
        "S[b] is only in the run folder's sheet",
        "Left-ventricle-3 is only in the run folder's sheet",
        "S[/b] is only in BaseSpace's sheet",
        "Left ventricle 3 is only in BaseSpace's sheet",
    ]
    said = robin("show", "run:Cardiac panel plate 1")
    assert "  S[/b] is only in BaseSpace's sheet\n" in said.out
