"""`bstui help speed` and `clusters` show the figures that are kept, and no others."""

import json
from importlib.resources import files

from tests.benchmarks.transfer.nodes import PAGE, assumption, hours_table
from tests.benchmarks.transfer.table import RESULTS, machine, table


def test_the_page_is_made_of_the_kept_figures() -> None:
    results = json.loads(RESULTS.read_text())
    page = (files("bstui") / "help" / "speed.md").read_text()
    assert table(results) in page
    assert machine(results) in page


def test_what_nodes_bring_is_computed_from_them() -> None:
    results = json.loads(RESULTS.read_text())
    page = PAGE.read_text()
    assert f"{hours_table(results)}\n" in page
    assert assumption(results) in page
