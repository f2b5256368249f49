"""The report of a job as one page of HTML: no script, nothing loaded, names escaped."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import islice
from typing import Any

from bstui.cli.output import Row
from bstui.cli.report_rows import attempt_row, failure_row, moment_text, tally_rows
from bstui.jobs.account import Account, Throughput
from bstui.text import safe_text
from bstui.units import count_text, duration_text, rate_text, size_text

_MOST_ROWS = 1000
_WIDTH, _HEIGHT = 720, 160
_SIZES = ("bytes", "bytes_done", "bytes_fetched")
_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .15rem .8rem .15rem 0; }}
td, th {{ text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
tr {{ border-bottom: 1px solid #ddd; }} svg {{ max-width: 100%; }} rect {{ fill: #2a6fb0; }}
</style></head><body>
"""


def page_of(account: Account, facts: Mapping[str, Any]) -> str:
    """The whole page; `facts` are the job's own row."""
    title = _text(f"{account.view.header.name}: {account.view.status.text}")
    parts = [_HEAD.format(title=title), f"<h1>{title}</h1>\n", _facts(facts)]
    parts += [f"<h2>Throughput</h2>\n{_drawing(account.throughput, account)}"]
    for heading, rows in _sections(account):
        parts += _table(heading, rows)
    return "".join([*parts, "</body></html>\n"])


def _sections(account: Account) -> Iterator[tuple[str, Iterable[Row]]]:
    yield "Failures", map(failure_row, account.view.failures)
    yield "How it was verified", tally_rows(account.proofs, "proof")
    yield "Attempts", map(attempt_row, account.attempts)
    yield "Projects", tally_rows(account.projects, "project")
    yield "Runs", tally_rows(account.runs, "run")
    yield "Samples", tally_rows(account.samples, "sample")
    yield "Sheets", ({"path": str(sheet)} for sheet in account.sheets)


def _facts(facts: Mapping[str, Any]) -> str:
    rows = (
        f"<tr><th>{_text(key.replace('_', ' '))}</th><td>{_cell(key, value)}</td></tr>\n"
        for key, value in facts.items()
        if value not in (None, "", [])
    )
    return f"<table>\n{''.join(rows)}</table>\n"


def _table(heading: str, rows: Iterable[Row]) -> Iterator[str]:
    """Nothing where there are no rows; where there are too many, how many are left out."""
    left = iter(rows)
    shown = list(islice(left, _MOST_ROWS))
    if not shown:
        return
    more = sum(1 for _ in left)
    heads = "".join(f"<th>{_text(key.replace('_', ' '))}</th>" for key in shown[0])
    yield f"<h2>{heading}</h2>\n<table>\n<tr>{heads}</tr>\n"
    for row in shown:
        yield f"<tr>{''.join(f'<td>{_cell(key, value)}</td>' for key, value in row.items())}</tr>\n"
    yield "</table>\n"
    if more:
        yield f"<p>and {more:,} more; bstui report JOB --json lists them all</p>\n"


def _drawing(through: Throughput, account: Account) -> str:
    """A bar for each span, as high as its rate; what it shows stands in words beneath."""
    spans = through.spans
    most = max(spans, default=0)
    if not most:
        return "<p>Nothing was fetched.</p>\n"
    wide = _WIDTH / len(spans)
    bars = "".join(
        f'<rect x="{place * wide:.1f}" y="{_HEIGHT * (1 - size / most):.1f}" '
        f'width="{wide * 0.9:.1f}" height="{_HEIGHT * size / most:.1f}"/>'
        for place, size in enumerate(spans)
        if size
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">'
        f"<title>Throughput over time</title>{bars}</svg>\n"
        f"<p>From {moment_text(through.began)}, {duration_text(len(spans) * through.seconds)}; "
        f"a bar is {duration_text(through.seconds)}, the highest "
        f"{rate_text(most / through.seconds)}. Bytes count when their file is proven whole. In all "
        f"{count_text(account.fetched.files, 'file')}, {size_text(account.fetched.bytes)}, on the "
        f"average {rate_text(account.rate)}.</p>\n"
    )


def _cell(key: str, value: Any) -> str:
    if key in _SIZES and isinstance(value, int):
        return _text(f"{size_text(value)} ({value:,})")
    if key == "bytes_per_second":
        return _text(rate_text(value))
    if key.startswith("seconds") and isinstance(value, float):
        return _text(duration_text(value))
    if isinstance(value, list | tuple):
        return "<br>".join(_text(str(part)) for part in value)
    return _text("" if value is None else str(value))


def _text(text: str) -> str:
    return escape(safe_text(text))
