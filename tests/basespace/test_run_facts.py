"""Statistics are told as they are meant, and what was not measured is not."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.basespace.run_facts import Sheet, Stats, StatsRow, percent, share

RECORDED = Path(__file__).parents[3] / "shared/basespace/examples/v1_run_object.json"


def decode(body: object) -> Stats:
    return msgspec.json.decode(json.dumps(body), type=Stats)


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded bodies beside the project")
def test_a_real_run() -> None:
    body = json.loads(RECORDED.read_text())
    whole = decode(body.get("Response", body)["SequencingStats"]).model().whole
    assert whole.text == (
        "8.82 Gbp, 90.8 % ≥Q30, 31,074,316 clusters, 28,084,580 passing, 90.4 % PF"
    )


def test_reads_and_lanes() -> None:
    stats = decode(
        {
            "PhasingR1": 0.2,
            "PrePhasingR1": 0.1,
            "PhasingR2": 0.3,
            "Reads": [
                {"ReadNumber": 1, "IsIndexed": False, "TotalCycles": 151, "PercentGtQ30": 93.2},
                {"ReadNumber": 2, "IsIndexed": True, "TotalCycles": 8, "ErrorRate": 0},
                {"ReadNumber": 3, "IsIndexed": False, "TotalCycles": "151"},
            ],
            "Lanes": [{"LaneNumber": 1, "Density": 1012.5, "PercentPf": 0.9, "Yield": 4.5}],
        }
    ).model()
    assert [row.text for row in stats.reads] == [
        "151 cycles, 93.2 % ≥Q30, 0.200 % phasing, 0.100 % prephasing",
        "8 cycles",
        "151 cycles, 0.300 % phasing",
    ]
    assert [row.text for row in stats.lanes] == ["4.50 Gbp, 1,012 k/mm², 90.0 % PF"]


def test_nothing_measured_is_nothing_told() -> None:
    assert (
        decode({"ErrorRate": 0, "Clusters": None, "PercentPf": "NaN"}).model().whole == StatsRow()
    )


ODD = st.none() | st.integers() | st.floats() | st.sampled_from(["", "x", "inf", "1e999", "-5"])


@given(ODD)
def test_a_percentage_is_one_or_is_not_told(value: int | float | str | None) -> None:
    for found in (percent(value), share(value)):
        assert found is None or 0 < found <= 100


def test_rows_of_a_sheet_are_texts() -> None:
    body = {
        "Applications": [{"Name": "BCLConvert", "Data": [{"Lane": 1, "a": None, "b": [1]}]}, {}]
    }
    rows = msgspec.json.decode(json.dumps(body), type=Sheet).rows()
    assert rows == [{"Lane": "1", "a": "", "b": ""}]
