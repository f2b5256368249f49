"""Settings: what a person or a site decides once, and where each value came from when it is wrong.

Defaults < the site's file < the user's file < BSTUI_* variables < flags; keys that the site's file
lists in `locked` win over all. Lists replace, tables merge. What opens an account is no setting.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    ValidationError,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as UnreadableVariable

from bstui.config_tables import (
    ImportSettings,
    LoginSettings,
    SchedulerSettings,
    ScreenSettings,
    SlurmSettings,
)
from bstui.errors import SettingsError
from bstui.paths import Places
from bstui.text import redact, safe_text

SITE_FILE = Path("/etc/bstui.toml")
_PREFIX = "BSTUI_"
_PATHS = ("state_dir", "ca_bundle", "import.destination")
_FLAGS = {"destination": "to", "options": "slurm-option"}
"""Flags that are called otherwise than their setting."""
_UNSET_VARIABLE = re.compile(r"\$(\w+|\{\w+\})")

Values = dict[str, Any]


class Settings(BaseSettings):
    """Every setting there is."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
    )

    profile: str | None = None
    """The profile (region and account) that is used where none is named."""
    state_dir: str | None = None
    """Where jobs, baskets and the history are kept; unset: $XDG_STATE_HOME/bstui."""
    ca_bundle: str | None = None
    """The file of certificate authorities to trust, in PEM form; unset: this system's."""
    import_: ImportSettings = Field(default=ImportSettings(), alias="import")
    """Defaults of imports, a table."""
    slurm: SlurmSettings = SlurmSettings()
    """What is asked of Slurm, a table."""
    scheduler: SchedulerSettings | None = None
    """Another scheduler than Slurm, by its commands, a table: `bstui help clusters`."""
    screen: ScreenSettings = ScreenSettings()
    """How the screen program looks, a table."""
    login: LoginSettings = LoginSettings()
    """The application for `bstui login --device`, a table."""
    keys: dict[str, str] = {}
    """Other keys for an action of the screen program: its id = "key,key", a table."""
    locked: tuple[str, ...] = ()
    """Settings that nobody may change, as `import.verify` or `import`; in the site's file only."""
    _sources: dict[str, str] = PrivateAttr(default_factory=dict)
    _site: str = PrivateAttr(default="")

    def source_of(self, key: str) -> str:
        """Where the value of `import.verify` comes from: `FILE: import.verify`, a variable, a flag;
        empty where it is the default."""
        return self._sources.get(key, "")

    def lock_of(self, key: str) -> str:
        """The site's file, where it locks `import.verify`; else empty."""
        return self._site if any(_covers(locked, key) for locked in self.locked) else ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands in: it keeps the sources apart to name them."""
        return (init_settings,)


class SettingRow(NamedTuple):
    """One setting, for people."""

    name: str
    """As in a file: `import.verify`."""
    variable: str
    default: str
    choices: tuple[str, ...]
    """The values that it may have, where they are few."""
    description: str


def describe_settings() -> Iterator[SettingRow]:
    """Every setting in the order of the file."""
    tables: dict[str, type[BaseModel]] = {
        "import": ImportSettings,
        "slurm": SlurmSettings,
        "screen": ScreenSettings,
        "login": LoginSettings,
    }
    for field_name, field in Settings.model_fields.items():
        name = field.alias or field_name
        inner = tables[name].model_fields if name in tables else {"": field}
        for key, entry in inner.items():
            full = f"{name}.{key}" if key else name
            yield SettingRow(
                name=full,
                variable="" if name == "locked" else _variable(full),
                default=_default_text(entry.default),
                choices=tuple(c for c in get_args(entry.annotation) if isinstance(c, str)),
                description=entry.description or "",
            )


def _default_text(value: object) -> str:
    if value in (None, "", (), {}):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variable(key: str) -> str:
    return _PREFIX + key.replace(".", "_").upper()


@dataclass(frozen=True)
class _Layer:
    """The values that one source gives."""

    kind: Literal["site", "user", "environment", "flags"]
    source: str
    values: Values

    def naming(self, key: str) -> str:
        """How this source spells `import.verify`."""
        if self.kind == "environment":
            return _variable(key)
        if self.kind == "flags":
            name = key.rpartition(".")[2].replace("_", "-")
            return f"--{_FLAGS.get(name, name)}"
        return f"{self.source}: {key}"


def load_settings(
    places: Places, environ: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """The settings in force.

    `flags` go by the settings' names (`import.verify`); None means that a flag was not given.
    SettingsError names the file, variable or flag, and the key that is wrong in it.
    """
    site = _site_layer(environ)
    user = _Layer("user", str(places.settings), _read_file(places.settings, must_exist=False))
    variables = _Layer("environment", "the environment", _read_variables(environ))
    given = _Layer("flags", "the command line", _nest(flags or {}))
    for layer in (site, user, variables):
        _expand_paths(layer, environ)
    for layer in (user, variables, given):
        if "locked" in layer.values:
            raise SettingsError(
                f"{layer.naming('locked')}: only the site's file may lock settings.",
                hint=f"Take it out, or put it into {SITE_FILE}.",
            )
    settings = _validated([site, *_without_locked(site, [user, variables, given])])
    settings._site = site.source
    return settings


def _site_layer(environ: Mapping[str, str]) -> _Layer:
    """The file that BSTUI_SITE_CONFIG names (empty: none), else /etc/bstui.toml where it is."""
    named = environ.get(f"{_PREFIX}SITE_CONFIG")
    if named == "":
        return _Layer("site", "", {})
    path = Path(named) if named else SITE_FILE
    return _Layer("site", str(path), _read_file(path, must_exist=bool(named)))


def _read_file(path: Path, *, must_exist: bool) -> Values:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise SettingsError(
            f"The settings file {path} is not there.", hint="Mend BSTUI_SITE_CONFIG, or unset it."
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"The settings file {path} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The settings file {path} is not TOML: {error}.", hint="Mend that line, or remove it."
        ) from error


class _Variables(EnvSettingsSource):
    """pydantic's reading of variables, from a mapping that is handed in."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(Settings)
        self.env_vars = {name: value for name, value in variables.items() if value}


def _read_variables(environ: Mapping[str, str]) -> Values:
    ours = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    }
    try:
        return _Variables(ours)()
    except UnreadableVariable as error:
        raise SettingsError(
            "One of BSTUI_IMPORT, BSTUI_SLURM, BSTUI_SCHEDULER, BSTUI_SCREEN, BSTUI_LOGIN, "
            "BSTUI_KEYS is set, and is not a table in JSON.",
            hint="Unset it, and set one key at a time, as BSTUI_IMPORT_VERIFY=full.",
        ) from error


def _nest(flat: Mapping[str, object]) -> Values:
    """`import.verify` → a table in a table; without what is None."""
    nested: Values = {}
    for key, value in flat.items():
        if value is not None:
            table, _, name = key.partition(".")
            if name:
                nested.setdefault(table, {})[name] = value
            else:
                nested[table] = value
    return nested


def _expand_paths(layer: _Layer, environ: Mapping[str, str]) -> None:
    """Resolve `~` and `$NAME` in the paths of a layer; a file's must then be absolute."""
    for key in _PATHS:
        text = _find(layer.values, key)
        if not isinstance(text, str):
            continue
        path = _UNSET_VARIABLE.sub(lambda m: environ.get(m[1].strip("{}"), m[0]), text)
        if path == "~" or path.startswith("~/"):
            path = environ.get("HOME", os.path.expanduser("~")) + path[1:]
        if left := _UNSET_VARIABLE.search(path):
            raise SettingsError(
                f"{layer.naming(key)}: the variable {left[0]} is not set.",
                hint="Set it, or write the path out.",
            )
        if layer.kind in ("site", "user") and not os.path.isabs(path):
            raise SettingsError(
                f"{layer.naming(key)}: {safe_text(text)!r} is not an absolute path.",
                hint="Begin it with /, ~ or a variable such as $SCRATCH.",
            )
        table, _, name = key.rpartition(".")
        (layer.values[table] if table else layer.values)[name] = path


def _find(values: Values, key: str) -> object:
    """The value at `import.verify`, or None."""
    table, _, name = key.partition(".")
    found = values.get(table)
    if not name:
        return found
    return found.get(name) if isinstance(found, dict) else None


def _without_locked(site: _Layer, others: list[_Layer]) -> list[_Layer]:
    """The other layers without the keys that the site locks; a flag that contradicts is refused."""
    locked = site.values.get("locked", [])
    keys = [key for key in locked if isinstance(key, str)] if isinstance(locked, list) else []
    fixed = _flat(_validated([site]))
    for key in keys:
        if not any(_covers(key, name) for name in fixed):
            raise SettingsError(f"{site.source}: locked: there is no setting {safe_text(key)!r}.")
    kept = []
    for layer in others:
        values = dict(_flatten(layer.values))
        for name in [name for name in values if any(_covers(key, name) for key in keys)]:
            value = values.pop(name)
            if layer.kind == "flags" and str(value) != str(fixed.get(name)):
                raise SettingsError(
                    f"{layer.naming(name)} cannot be changed here.",
                    why=f"{site.source} locks {name}.",
                    hint="Leave the flag out, or ask whoever keeps that file.",
                )
        kept.append(_Layer(layer.kind, layer.source, _nest(values)))
    return kept


def _covers(key: str, name: str) -> bool:
    return name == key or name.startswith(f"{key}.")


def _flatten(values: Values) -> Iterator[tuple[str, object]]:
    """`import.verify` and its value, for tables one deep as ours are."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{inner}", entry) for inner, entry in value.items())
        else:
            yield key, value


def _flat(settings: Settings) -> dict[str, object]:
    return dict(_flatten(settings.model_dump(by_alias=True)))


def _validated(layers: list[_Layer]) -> Settings:
    merged: Values = {}
    for layer in layers:
        for key, value in layer.values.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = {**merged[key], **value} if both else value
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        problems = [_problem(layers, detail) for detail in error.errors(include_url=False)]
        raise SettingsError(problems[0], why=" ".join(problems[1:])) from None
    for layer in layers:
        settings._sources |= {key: layer.naming(key) for key, _ in _flatten(layer.values)}
    return settings


def _problem(layers: list[_Layer], detail: ErrorDetails) -> str:
    """One sentence: where it stands, and what is wrong with it."""
    key = ".".join(str(part) for part in detail["loc"][:2])
    table = key.partition(".")[0]
    source = next(
        (
            layer
            for name in (key, table)  # of a key that is missing, who has its table
            for layer in reversed(layers)
            if _find(layer.values, name) is not None
        ),
        layers[0],
    )
    where = source.naming(safe_text(key))
    if detail["type"] == "missing":
        return f"{where} is missing."
    if detail["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, [row.name for row in describe_settings()], n=1)
        return f"{where} is not a setting{f'; is {near[0]} meant?' if near else '.'}"
    if detail["type"] in ("model_type", "dict_type"):
        return f"{where} is a table: write [{safe_text(key)}] and its keys beneath."
    value = redact(safe_text(repr(detail["input"]), limit=60))
    if key.endswith("secret"):
        value = "***"
    if detail["type"] == "literal_error":
        return f"{where} must be {detail['ctx']['expected']}, not {value}."
    said = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return f"{where}: {value} {said}."
