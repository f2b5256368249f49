"""What pipelines demand of their sample sheets: facts of each one's assets/schema_input.json.

Source: github.com/nf-core/<pipeline>, assets/schema_input.json, at the commit given; a pattern is
of the whole value. Where older and newer versions of a pipeline differ, the stricter rule stands.
"""

from dataclasses import dataclass

PATH = r"^\S+\.f(ast)?q\.gz$"
WORD = r"^\S+$"


@dataclass(frozen=True)
class Rules:
    """Of one pipeline's sheet."""

    commit: str
    required: tuple[str, ...]
    patterns: dict[str, str]
    known: tuple[str, ...] = ()
    """Columns that may be there besides."""
    unique: tuple[tuple[str, ...], ...] = ()
    separator: str = ","


RULES = {
    "nf-core/rnaseq": Rules(
        "018e6507",
        ("sample", "fastq_1", "strandedness"),
        {
            "sample": WORD,
            "fastq_1": PATH,
            "fastq_2": PATH,
            "strandedness": "^(auto|forward|reverse|unstranded)$",
        },
        ("seq_platform", "seq_center"),
    ),
    "nf-core/sarek": Rules(
        "2026-08-12",
        ("patient", "sample"),
        {
            "patient": WORD,
            "sample": WORD,
            "sex": "^(XX|XY|NA)$",
            "status": "^[01]$",
            "lane": WORD,
            "fastq_1": PATH,
            "fastq_2": PATH,
        },
        unique=(("patient", "sample", "lane"),),
    ),
    "nf-core/methylseq": Rules(
        "393ccbd7",
        ("sample", "fastq_1"),
        {"sample": WORD, "fastq_1": PATH, "fastq_2": PATH, "genome": "^[a-zA-Z0-9._-]+$"},
    ),
    "nf-core/scrnaseq": Rules(
        "050d8a85",
        ("sample", "fastq_1", "fastq_2"),
        {"sample": WORD, "fastq_1": PATH, "fastq_2": PATH, "expected_cells": r"^\d+$"},
        ("seq_center", "sample_type", "feature_type"),
    ),
    "nf-core/atacseq": Rules(
        "2023-08-07",
        ("sample", "fastq_1", "replicate"),
        {"sample": WORD, "fastq_1": PATH, "fastq_2": PATH, "replicate": r"^[1-9]\d*$"},
        ("control", "control_replicate"),
    ),
    "nf-core/viralrecon": Rules(
        "0b3793ff",
        ("sample",),
        {"sample": WORD, "fastq_1": PATH, "fastq_2": PATH},
        ("barcode",),
    ),
    "nf-core/taxprofiler": Rules(
        "0ab1023f",
        ("sample", "run_accession", "instrument_platform"),
        {
            "sample": WORD,
            "run_accession": WORD,
            "instrument_platform": "^ILLUMINA$",
            "fastq_1": PATH,
            "fastq_2": PATH,
        },
        ("fasta",),
        unique=(("sample", "run_accession"), ("fastq_1",), ("fastq_2",)),
    ),
    "nf-core/mag": Rules(
        "08b35a5c",
        ("sample", "group"),
        {
            "sample": WORD,
            "run": WORD,
            "group": WORD,
            "short_reads_1": PATH,
            "short_reads_2": PATH,
            "short_reads_platform": "^ILLUMINA$",
        },
        ("long_reads", "long_reads_platform"),
        unique=(("sample", "run"),),
    ),
    "nf-core/ampliseq": Rules(
        "087bee4e",
        ("sampleID", "forwardReads"),
        {
            "sampleID": "^[a-zA-Z][a-zA-Z0-9_]+$",
            "forwardReads": PATH,
            "reverseReads": PATH,
            "run": WORD,
        },
        unique=(("sampleID",),),
        separator="\t",
    ),
}
DEMULTIPLEX = Rules(
    "2026-07-27",
    ("id", "samplesheet", "flowcell"),
    {"id": WORD, "samplesheet": r"^\S+\.csv$", "flowcell": WORD, "lane": "^[1-8]$"},
    ("per_flowcell_manifest",),
)
