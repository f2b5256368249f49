"""Sample sheets: what each pipeline demands, and what is refused, left out or told."""

import csv
import io
import re
from pathlib import Path

import msgspec
import pytest

from bstui.errors import UsageError
from bstui.samples.sheet_format import load_sheet, load_sheets, parse_format, sheet_names
from bstui.samples.sheet_rows import Sheet, SheetFile, make_run_sheet, make_sheet
from tests.samples.pipelines import DEMULTIPLEX, RULES, Rules

RUN = "260112_M1_0041_A"


def pair(
    sample: str, lane: int = 1, run: str = RUN, dataset: str = "", folder: str = "/data"
) -> list[SheetFile]:
    """R1 and R2 of a sample's lane."""
    names = [f"{sample}_S1_L{lane:03}_{read}_001.fastq.gz" for read in ("R1", "R2")]
    return [
        SheetFile(
            path=f"{folder}/{sample.replace(' ', '_')}/{run}/{dataset}{name.replace(' ', '_')}",
            name=name,
            sample=sample,
            run=run,
            lane=lane,
            read=name[-15:-13],
            dataset=dataset or f"{run} {lane}",
        )
        for name in names
    ]


def rows_of(sheet: Sheet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(sheet.text), delimiter=sheet.form.separator))


def check(rows: list[dict[str, str]], rules: Rules) -> None:
    """The rows against a pipeline's own rules."""
    assert rows
    assert set(rows[0]) <= {*rules.patterns, *rules.known, *rules.required}
    for row in rows:
        assert all(row[name] for name in rules.required)
        for name, value in row.items():
            if value and name in rules.patterns:
                assert re.search(rules.patterns[name], value), f"{name}: {value}"
    for group in rules.unique:
        keys = [tuple(row[name] for name in group) for row in rows if all(map(row.get, group))]
        assert len(set(keys)) == len(keys), group


LANES = [
    *pair("Heart-1"),
    *pair("Heart-1", lane=2),
    *pair("Heart-1", run="260203_M1_0042_B"),
    *pair("Left ventricle 3"),
    *pair("7"),
]


@pytest.mark.parametrize("name", [name for name in RULES if name != "nf-core/ampliseq"])
def test_each_sheet_is_as_its_pipeline_demands(name: str) -> None:
    sheet = make_sheet(load_sheet(name), LANES)
    assert sheet.problems == ()
    check(rows_of(sheet), RULES[name])
    assert len(sheet.rows) == 5
    assert sheet.form.separator == RULES[name].separator


def test_ampliseq_has_a_row_for_a_sample_and_letters_alone() -> None:
    form = load_sheet("nf-core/ampliseq")
    sheet = make_sheet(form, [*pair("Heart-1"), *pair("7"), *pair("Left ventricle 3")])
    check(rows_of(sheet), RULES["nf-core/ampliseq"])
    assert [row["sampleID"] for row in rows_of(sheet)] == ["Heart_1", "s_7", "Left_ventricle_3"]
    with pytest.raises(UsageError, match="Heart-1 has files of several lanes"):
        make_sheet(form, LANES)
    with pytest.raises(UsageError, match="Heart-1 and Heart_1 are both Heart_1"):
        make_sheet(form, [*pair("Heart-1"), *pair("Heart_1")])


def test_a_raw_run_is_demultiplexed() -> None:
    form = load_sheet("demultiplex")
    sheet = make_run_sheet(form, RUN, f"/data/{RUN}", f"/data/{RUN}/SampleSheet.csv")
    check(rows_of(sheet), DEMULTIPLEX)
    assert sheet.problems == ()
    sheet = make_run_sheet(form, RUN, f"/data/{RUN}", "")
    assert rows_of(sheet)[0]["samplesheet"] == "TODO"
    assert len(sheet.problems) == 1
    with pytest.raises(UsageError, match="about a raw run"):
        make_sheet(form, LANES)
    with pytest.raises(UsageError, match="about FASTQ"):
        make_run_sheet(load_sheet("rnaseq"), RUN, "/data", "")


def test_every_sheet_of_the_package_is_checked_here() -> None:
    assert set(sheet_names()) == {*RULES, "nf-core/demultiplex", "plain"}
    sheet = make_sheet(load_sheet("plain"), LANES)
    assert {row["lane"] for row in rows_of(sheet)} == {"1", "2"}
    assert all(row["R1"] and row["R2"] and not row["I1"] for row in rows_of(sheet))


def test_mates_stand_in_one_row_whatever_the_order() -> None:
    for files in (LANES, LANES[::-1]):
        for row in rows_of(make_sheet(load_sheet("rnaseq"), files)):
            assert row["fastq_2"] == row["fastq_1"].replace("_R1_", "_R2_")


def test_units_of_one_sample_have_names_of_their_own() -> None:
    files = [*pair("A", dataset="ds.1"), *pair("A", dataset="ds.2"), *pair("A", dataset="ds.3")]
    sheet = make_sheet(load_sheet("sarek"), files)
    assert len({row["lane"] for row in rows_of(sheet)}) == 3
    assert sheet.problems == ()


def test_what_belongs_in_no_row_is_told() -> None:
    r1, r2 = pair("A")
    lone = pair("B")[1]
    gone = msgspec.structs.replace(r2, is_there=False)
    other = SheetFile(path="/data/notes.txt", name="notes.txt", sample="A")
    sheet = make_sheet(load_sheet("rnaseq"), [r1, gone, lone, other])
    assert sheet.rows == ()
    assert [problem.split(" ")[1:4] for problem in sheet.problems] == [
        ["is", "not", "there,"],
        ["and", "1", "more"],
    ]


def test_single_end_data_has_no_second_file() -> None:
    row = rows_of(make_sheet(load_sheet("rnaseq"), pair("A")[:1]))[0]
    assert (row["fastq_2"], row["strandedness"]) == ("", "auto")
    sheet = make_sheet(load_sheet("scrnaseq"), pair("A")[:1])
    assert "does not allow ''" in sheet.problems[0]


def test_a_blank_in_a_path_is_told() -> None:
    sheet = make_sheet(load_sheet("rnaseq"), pair("A", folder="/my data"))
    assert "does not allow '/my data/" in sheet.problems[0]


def test_a_sheet_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'name = "mine"\nfile = "mine.tsv"\nseparator = "\\t"\n[[columns]]\nname = "id"\n'
        'value = "{sample}.{lane}"\n[[columns]]\nname = "who"\nvalue = "TODO"\n'
    )
    (form,) = load_sheets([str(mine)])
    assert make_sheet(form, pair("A")).text == "id\twho\nA.1\tTODO\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "Invalid value"),
        ('name = "x"\nfile = "x"\ncolumns = []', "at least one"),
        ('name = "x"\nfile = "../x"\n[[columns]]\nname = "a"', "no file's name"),
        ('name = "x"\nfile = "x"\n[[columns]]\nname = "a"\nvalue = "{R9}"', "{R9} of the column a"),
        ('name = "x"\nfile = "x"\n[[columns]]\nname = "a"\nvalue = "{"', "cannot be used"),
        ('name = "x"\nfile = "x"\n[[columns]]\nname = "a"\npattern = "("', "cannot be used"),
        ('name = "x"\nfile = "x"\ncolour = 1\n[[columns]]\nname = "a"', "colour"),
        ('name = "x"\nfile = "x"\nunique = [["b"]]\n[[columns]]\nname = "a"', "'b'"),
    ],
)
def test_a_sheet_that_cannot_be_used_says_why(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        parse_format(text, "mine.toml")


def test_a_sheet_that_nobody_knows_names_those_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        load_sheet("nf-core/rnasq")
    assert "nf-core/rnaseq" in refused.value.hint
    with pytest.raises(UsageError, match="cannot be read"):
        load_sheet("/nowhere/mine.toml")
