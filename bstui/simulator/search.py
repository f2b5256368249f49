"""`search`: the small part of Lucene's language that looking something up by name needs."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bstui.simulator.account import Result, Sample, StoredFile
from bstui.simulator.bodies import V1, Json, listed_file_body
from bstui.simulator.calls import Call, Refused, error_body
from bstui.simulator.classic_bodies import result_body, sample_body
from bstui.simulator.paging import Order, take_page
from bstui.simulator.run_bodies import v1_run_body

Maker = Callable[[], Json]
Found = tuple[dict[str, str], Maker]
"""A thing's fields that can be looked for, and what makes its body."""
_TERM = re.compile(r'(?:(?P<field>\w+):)?(?:"(?P<quoted>[^"]*)"|(?P<word>[^\s"]+))')


def search(call: Call, root: str) -> Json:
    """What of the scopes has fields that hold what is asked for; loose, as the service is."""
    matches = parse_query(call.query.text("query"))
    asked = call.query.words("scope")
    found = [
        (kind, make)
        for scope, (kind, find) in _SCOPES.items()
        if scope in asked
        for fields, make in find(call, root)
        if matches(fields)
    ]
    page = take_page(found, call.query, Order[tuple[str, Maker]]({"Id": lambda pair: pair[0]}))
    items: list[Json] = [{"Type": kind.lower(), kind: make()} for kind, make in page.items]
    if root == V1:
        return {"Items": items} | page.paging()
    return {"Items": items, "Paging": page.paging()}


def _projects(call: Call, root: str) -> Iterator[Found]:
    for project in call.view.projects():
        yield _fields(project.name, project.id), partial(call.project_body, project, root)


def _runs(call: Call, root: str) -> Iterator[Found]:
    for run in call.view.runs():
        fields = _fields(run.name, run.id) | {"experimentname": run.experiment}
        yield fields, partial(v1_run_body, run)


def _samples(call: Call, root: str) -> Iterator[Found]:
    for sample in _seen_samples(call):
        first = sample.datasets[0]
        name = first.line.name
        fields = _fields(name, sample.id)
        fields |= {"sampleid": name, "experimentname": first.run.experiment}
        yield fields, partial(_sample, call, sample)


def _sample(call: Call, sample: Sample) -> Json:
    return sample_body(sample, call.project_body(sample.datasets[0].project, V1))


def _seen_samples(call: Call) -> Iterator[Sample]:
    yield from {dataset.sample.id: dataset.sample for dataset in call.view.datasets()}.values()


def _results(call: Call, root: str) -> Iterator[Found]:
    for result in _seen_results(call):
        yield _fields(result.name, result.id), partial(result_body, result)


def _seen_results(call: Call) -> Iterator[Result]:
    results = call.region.results.values()
    return (r for r in results if call.view.sees_dataset(r) and not r.is_deleted)


def _sample_files(call: Call, root: str) -> Iterator[Found]:
    for dataset in call.view.datasets():
        yield from _files(call, root, dataset.files)


def _result_files(call: Call, root: str) -> Iterator[Found]:
    for result in _seen_results(call):
        yield from _files(call, root, result.files)


def _files(call: Call, root: str, files: list[StoredFile]) -> Iterator[Found]:
    for file in files:
        fields = _fields(file.name, file.id) | {"path": file.path}
        yield fields, partial(listed_file_body, file, call.told_id(file), root, "")


def _fields(name: str, number: str) -> dict[str, str]:
    return {"name": name, "id": number}


_SCOPES: Mapping[str, tuple[str, Callable[[Call, str], Iterator[Found]]]] = {
    "projects": ("Project", _projects),
    "runs": ("Run", _runs),
    "samples": ("Sample", _samples),
    "appresults": ("AppResult", _results),
    "sample_files": ("SampleFile", _sample_files),
    "appresult_files": ("AppResultFile", _result_files),
}
"""Of each: what an item calls its thing, and how they are found. Nobody here has genomes. What the
items of files are called is not known."""


def parse_query(text: str) -> Callable[[dict[str, str]], bool]:
    """A test of a thing's fields; what Lucene would not parse is a 500, as in the service."""
    if text.count('"') % 2 or re.search(r"[\[\](){}^~!]", re.sub(r'"[^"]*"', "", text)):
        raise Refused(500, error_body("An unexpected error has occurred.", "Exception"))
    terms = [
        ((match["field"] or "").lower(), (match["quoted"] or match["word"] or "").lower())
        for match in _TERM.finditer(text)
    ]
    return lambda fields: all(
        any(value in text.lower() for name, text in fields.items() if field in ("", name))
        for field, value in terms
        if value != "and"
    )
