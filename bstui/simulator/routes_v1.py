"""The calls of v1pre3 that browsing and importing use."""

from collections.abc import Callable, Mapping

from starlette.responses import RedirectResponse, Response, StreamingResponse

from bstui.simulator import bodies
from bstui.simulator.account import Application, Project, Run, StoredFile
from bstui.simulator.bodies import V1, Json
from bstui.simulator.calls import Call, Handler, Refused, enveloped, error_body, not_allowed
from bstui.simulator.classic_bodies import parent_body
from bstui.simulator.paging import FILES_LIMIT, Order, take_page
from bstui.simulator.run_bodies import stats_body, v1_run_body
from bstui.simulator.s3 import asked_range
from bstui.simulator.search import search
from bstui.simulator.session_bodies import application_body

_RUN_KEYS: Mapping[str, Callable[[Run], object]] = {
    "Id": lambda run: run.id,
    "DateCreated": lambda run: run.created,
    "DateModified": lambda run: run.created,
    "ExperimentName": lambda run: run.experiment,
    "Status": lambda run: run.status,
    "LaneAndQcStatus": lambda run: "QcPassed",
    "PlatformName": lambda run: run.platform,
    "InstrumentName": lambda run: run.cell.instrument,
    "TotalSize": lambda run: run.size,
}
_V1_RUN_KEYS: Mapping[str, Callable[[Run], object]] = {
    "NameOwnedBy": lambda run: run.owner.name,
    "UserOwnedBy": lambda run: run.owner.name,
    "Workflow": lambda run: "Generate FASTQ",
    "InstrumentSerialNumber": lambda run: run.cell.instrument,
}
_V2_RUN_KEYS: Mapping[str, Callable[[Run], object]] = {
    "FlowcellBarcode": lambda run: run.cell.barcode,
}
_PROJECTS = Order[Project](
    {"Id": lambda p: p.id, "Name": lambda p: p.name, "DateCreated": lambda p: p.created}
)
_FILE_KEYS: Mapping[str, Callable[[StoredFile], object]] = {
    "Id": lambda file: file.id,
    "Path": lambda file: file.path,
    "DateCreated": lambda file: file.created,
}
V1_RUNS = Order({**_RUN_KEYS, **_V1_RUN_KEYS})
RUNS = Order({**_RUN_KEYS, **_V2_RUN_KEYS})
V1_FILES = Order(_FILE_KEYS, limit=FILES_LIMIT)
FILES = Order({**_FILE_KEYS, "Name": lambda file: file.name}, limit=FILES_LIMIT)


_CLIENT = Application(
    "1375375", "BaseSpace CLI", "illumina-inc.basespace-cli", "Command line interface to BaseSpace"
)


def current_user(call: Call) -> Json:
    return call.shaped_user(bodies.whole_user_body(call.grant.user, V1))


def one_user(call: Call) -> Json:
    return call.user_body(V1)


def current_token(call: Call) -> Json:
    app = {"Application": application_body(_CLIENT)}
    return bodies.token_body(call.grant, call.token) | app


def list_runs(call: Call) -> Json:
    _check_user(call)
    page = take_page(chosen_runs(call), call.query, V1_RUNS)
    return {"Items": [v1_run_body(run) for run in page.items]} | page.paging()


def chosen_runs(call: Call) -> list[Run]:
    """Runs by the query's filters that v1 and v2 share."""
    told: Mapping[str, Callable[[Run], str]] = {
        "statuses": lambda run: run.status,
        "instrumenttype": lambda run: run.instrument_type,
        "flowcellbarcode": lambda run: run.cell.barcode,
        "laneandqcstatuses": lambda run: "QcPassed",
    }
    asked = [(call.query.words(name), value) for name, value in told.items()]
    filters = [(words, value) for words, value in asked if words]
    runs = call.view.runs()
    return [run for run in runs if all(value(run).lower() in words for words, value in filters)]


def list_projects(call: Call) -> Json:
    _check_user(call)
    name = call.query.text("name").lower()
    projects = [p for p in call.view.projects() if not name or p.name.lower() == name]
    page = take_page(projects, call.query, _PROJECTS)
    with_rights = "permissions" in call.query.words("include")
    items = [
        call.project_body(p, V1) | (_permissions(call) if with_rights else {}) for p in page.items
    ]
    return {"Items": items} | page.paging()


def _check_user(call: Call) -> None:
    if call.parts["id"] not in ("current", call.grant.user.id):
        raise not_allowed("BROWSE", "User")


def _permissions(call: Call) -> Json:
    return {"Permissions": permissions(call)}


def permissions(call: Call) -> Json:
    """What the user may do with a project, and what the token."""
    verbs = [scope.split()[0] for scope in call.grant.scopes]
    if call.choices["permission-words"] == "title":
        verbs = [verb.title() for verb in verbs]
        return {"UserOperations": ["Browse", "Read"], "AccessTokenOperations": verbs}
    return {"UserOperations": ["BROWSE", "READ"], "AccessTokenOperations": verbs}


def one_run(call: Call) -> Json:
    run = call.run()
    href = f"{V1}/runs/{run.id}"
    links: Json = {"HrefFiles": f"{href}/files", "HrefSamples": f"{href}/samples"}
    links["Properties"] = bodies.properties_body(href, [])
    return links | v1_run_body(run)


def run_files(call: Call) -> Json:
    run = call.run()
    page = call.page(f"v1 {run.id}", lambda: run_folder(call, run), V1_FILES)
    call.host.states.go_on(run)
    return {"Items": call.file_list(page.items, V1)} | page.paging()


def run_folder(call: Call, run: Run) -> list[StoredFile]:
    """A run's files, by the query's extensions, folder and prefix; all where no folder is told."""
    query = call.query
    folder = query.text("directory").strip("/")
    files = chosen_files(call, run.files)
    if query.text("directory") and not (query.flag("recursive") and not folder):
        start = f"{folder}/" if folder else ""
        within = (file for file in files if file.path.startswith(start))
        deep = query.flag("recursive")
        files = [file for file in within if deep or "/" not in file.path[len(start) :]]
    prefix = query.text("pathprefix").lstrip("/")
    return [file for file in files if file.path.startswith(prefix)]


def chosen_files(call: Call, files: list[StoredFile]) -> list[StoredFile]:
    """Files by the query's extensions, with or without their dot."""
    wanted = {word.lstrip(".") for word in call.query.words("extensions")}
    unwanted = {word.lstrip(".") for word in call.query.words("excludeextensions")}
    return [
        file
        for file in files
        if (not wanted or _extension(file) in wanted) and _extension(file) not in unwanted
    ]


def _extension(file: StoredFile) -> str:
    return file.name.rpartition(".")[2].lower()


def run_stats(call: Call) -> Json:
    return stats_body(call.run(), V1)


def run_samples(call: Call) -> Json:
    """Has answered 500 since 2019."""
    raise Refused(500, error_body("An unexpected error has occurred.", "Exception"))


def one_project(call: Call) -> Json:
    project = call.project()
    href = f"{V1}/projects/{project.id}"
    links: Json = {"HrefSamples": f"{href}/samples", "HrefAppResults": f"{href}/appresults"}
    links["Properties"] = bodies.properties_body(href, [])
    links["HrefBaseSpaceUI"] = bodies.page_of("project", project.id, project.name)
    return links | call.project_body(project, V1) | _permissions(call)


def one_file(call: Call) -> Json:
    file = call.file()
    href = f"{V1}/files/{file.id}"
    more: Json = {"UploadStatus": "complete", "Properties": bodies.properties_body(href, [])}
    owner = file.owner
    project = {} if isinstance(owner, Run) else call.project_body(owner.project, V1)
    parent = parent_body(file, project)
    return more | bodies.file_body(file, call.told_id(file), V1) | parent


def file_content(call: Call) -> object:
    """A signed address as JSON (`redirect=meta`), as a redirect, or the bytes themselves."""
    file = call.readable_file()
    kind = call.query.text("redirect").lower()
    if kind == "meta":
        return call.content_body(file)
    if kind in ("false", "proxy") and call.choices["proxied-content"] != "redirected":
        return _proxied(call, file)
    return RedirectResponse(call.host.signed_url(file, is_redirect=True), status_code=302)


def _proxied(call: Call, file: StoredFile) -> Response:
    """The bytes through the API; whether it knows ranges, is not known."""
    asked = None
    if call.choices["proxied-content"] == "ranged":
        asked = asked_range(call.headers.get("range", ""), file.content.size)
    if asked is None:
        return _streamed(file, 0, file.content.size - 1, 200, {})
    first, last = asked
    place = {"Content-Range": f"bytes {first}-{last}/{file.content.size}"}
    return _streamed(file, first, last, 206, place)


def _streamed(
    file: StoredFile, first: int, last: int, status: int, place: Mapping[str, str]
) -> Response:
    """A file may be larger than memory."""
    headers = {"Content-Length": str(last + 1 - first), **place}
    chunks = file.content.stored.chunks(first, last + 1)
    return StreamingResponse(chunks, status, headers, media_type=file.content_type)


def _v1_content(call: Call) -> object:
    answer = file_content(call)
    return answer if isinstance(answer, Response) else enveloped(lambda call: answer)(call)


ROUTES: dict[str, Handler] = {
    "/v1pre3/users/current": enveloped(current_user),
    "/v1pre3/users/{id}": enveloped(one_user),
    "/v1pre3/users/{id}/runs": enveloped(list_runs),
    "/v1pre3/users/{id}/projects": enveloped(list_projects),
    "/v1pre3/oauthv2/token/current": enveloped(current_token),
    "/v1pre3/runs/{id}": enveloped(one_run),
    "/v1pre3/runs/{id}/files": enveloped(run_files),
    "/v1pre3/runs/{id}/sequencingstats": enveloped(run_stats),
    "/v1pre3/runs/{id}/samples": enveloped(run_samples),
    "/v1pre3/projects/{id}": enveloped(one_project),
    "/v1pre3/files/{id}": enveloped(one_file),
    "/v1pre3/files/{id}/content": _v1_content,
    "/v1pre3/search": enveloped(lambda call: search(call, V1)),
}
