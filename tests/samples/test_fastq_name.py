"""Names of FASTQ files are read from the right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.samples.fastq_name import FastqName, build_name, parse_name


@pytest.mark.parametrize(
    ("name", "sample", "number", "lane", "read", "segment"),
    [
        ("NA12_S3_L004_R2_001.fastq.gz", "NA12", "3", "004", "R2", "001"),
        ("a_S1_b_S2_L003_I1_001.fastq.gz", "a_S1_b", "2", "003", "I1", "001"),
        ("a_L001_R1_S1_L002_R1_001.fastq.gz", "a_L001_R1", "1", "002", "R1", "001"),
        ("whole_S1_R1_001.fastq.gz", "whole", "1", None, "R1", "001"),
        ("up load R3.x_R2.fq", "up load R3.x", None, None, "R2", None),
        ("x_S1_L001_R1_002.fastq.ora", "x", "1", "001", "R1", "002"),
        ("_S1_S2_L001_R1_001.fastq.gz", "_S1", "2", "001", "R1", "001"),
        ("S[/b]_S5_L001_R1_001.fastq.gz", "S[/b]", "5", "001", "R1", "001"),
        ("Line\nbreak_S1_L001_R1_001.fastq.gz", "Line\nbreak", "1", "001", "R1", "001"),
    ],
)
def test_the_parts_of_a_name(
    name: str, sample: str, number: str | None, lane: str | None, read: str, segment: str | None
) -> None:
    parts = parse_name(name)
    assert parts is not None
    assert (parts.sample, parts.number, parts.lane, parts.read, parts.segment) == (
        sample,
        number,
        lane,
        read,
        segment,
    )
    assert build_name(parts) == name


@pytest.mark.parametrize(
    "name",
    ["", "reads.bam", "_R1.fastq.gz", "S_S1_L001_R5_001.fastq.gz", "S_R1.fastq.bz2", "S.fastq.gz"],
)
def test_other_names_are_no_fastq(name: str) -> None:
    assert parse_name(name) is None


def test_undetermined_reads_are_known() -> None:
    undetermined = parse_name("Undetermined_S0_L001_R1_001.fastq.gz")
    named = parse_name("Undetermined_S4_L001_R1_001.fastq.gz")
    assert undetermined is not None
    assert undetermined.is_undetermined
    assert undetermined.lane_number == 1
    assert named is not None
    assert not named.is_undetermined


@given(
    sample=st.text(min_size=1),
    number=st.none() | st.integers(0, 999).map(str),
    lane=st.none() | st.integers(0, 999).map("{:03}".format),
    read=st.sampled_from(["R1", "R2", "R3", "I1", "I2"]),
    segment=st.none() | st.integers(0, 999).map("{:03}".format),
    suffix=st.sampled_from([".fastq.gz", ".fq.gz", ".fastq", ".fastq.ora"]),
)
def test_a_name_is_built_as_it_was_read(
    sample: str,
    number: str | None,
    lane: str | None,
    read: str,
    segment: str | None,
    suffix: str,
) -> None:
    name = build_name(
        FastqName(
            sample=sample, number=number, lane=lane, read=read, segment=segment, suffix=suffix
        )
    )
    parts = parse_name(name)
    assert parts is not None
    assert build_name(parts) == name
    assert parts.read == read
