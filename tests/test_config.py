"""Settings: whose value wins, and that every wrong one is said with its file and key."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bstui.config import Settings, describe_settings, load_settings
from bstui.errors import SettingsError
from bstui.paths import Places

Load = Callable[..., Settings]


@pytest.fixture
def load(home: Path, places: Places, tmp_path: Path) -> Load:
    """`load_settings` with the files' text in place."""

    def load(
        user: str | None = None,
        site: str | None = None,
        environ: Mapping[str, str] | None = None,
        flags: Mapping[str, object] | None = None,
    ) -> Settings:
        variables = {"HOME": str(home), "BSTUI_SITE_CONFIG": "", **(environ or {})}
        if user is not None:
            places.config.mkdir(parents=True, exist_ok=True)
            places.settings.write_text(user)
        if site is not None:
            (tmp_path / "site.toml").write_text(site)
            variables["BSTUI_SITE_CONFIG"] = str(tmp_path / "site.toml")
        return load_settings(places, variables, flags)

    return load


def test_defaults(load: Load) -> None:
    settings = load()
    assert settings == Settings()
    assert settings.import_.verify == "server"
    assert settings.import_.launch == "detached"
    assert settings.screen.mouse is False


def test_each_source_wins_over_the_one_before(load: Load) -> None:
    site = "[import]\nverify = 'none'"
    user = "[import]\nverify = 'server'"
    environ = {"BSTUI_IMPORT_VERIFY": "full"}
    assert load(site=site).import_.verify == "none"
    assert load(site=site, user=user).import_.verify == "server"
    assert load(site=site, user=user, environ=environ).import_.verify == "full"
    flags = {"import.verify": "none", "profile": None}
    assert load(site=site, user=user, environ=environ, flags=flags).import_.verify == "none"


def test_tables_merge(load: Load) -> None:
    settings = load(
        site="[import]\nverify = 'full'\n[keys]\nquit = 'q'\n'go.top' = 'g'",
        user="[import]\ngrouping = 'none'\n[keys]\nquit = 'ctrl+q'",
    )
    assert (settings.import_.verify, settings.import_.grouping) == ("full", "none")
    assert settings.keys == {"quit": "ctrl+q", "go.top": "g"}


def test_variables_are_read_as_their_types(load: Load) -> None:
    settings = load(
        environ={
            "BSTUI_PROFILE": "lab",
            "BSTUI_IMPORT_CONCURRENT_FILES": "4",
            "BSTUI_SCREEN_MOUSE": "true",
            "BSTUI_KEYS_QUIT": "ctrl+q",
            "BSTUI_IMPORT_LAYOUT": "",
            "BSTUI_ACCESS_TOKEN": "never a setting",
        }
    )
    assert settings.profile == "lab"
    assert settings.import_.concurrent_files == 4
    assert settings.screen.mouse is True
    assert settings.keys == {"quit": "ctrl+q"}


def test_paths_are_expanded(load: Load, home: Path) -> None:
    environ = {"SCRATCH": "/scratch/me", "BSTUI_CA_BUNDLE": "~/ca.pem"}
    settings = load("state_dir = '~/s'\n[import]\ndestination = '${SCRATCH}/in'", environ=environ)
    assert settings.state_dir == f"{home}/s"
    assert settings.ca_bundle == f"{home}/ca.pem"
    assert settings.import_.destination == "/scratch/me/in"


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("[import]\nverify = 'serve'", "import.verify must be 'none', 'server' or 'full'"),
        ("[import]\nverfy = 'full'", "import.verfy is not a setting; is import.verify meant?"),
        ("[import]\nconcurrent_files = 0", "import.concurrent_files: 0 should be greater"),
        ("[screen]\ntheme = 'blue'", "screen.theme must be 'auto', 'dark'"),
        ("colour = 'blue'", "colour is not a setting."),
        ("import = 3", "import is a table: write [import]"),
        ("keys = ['q']", "keys is a table"),
        ("keys = {quit = 1}", "keys.quit: 1 should be a valid string"),
        ("profile = [", "is not TOML: Invalid value (at end of document)"),
        ("profile = 'a'\nverify == 3", "(at line 2, column 9)"),
        ("[import]\ndestination = 'here'", "'here' is not an absolute path"),
        ("[import]\ndestination = '$NOWHERE/x'", "the variable $NOWHERE is not set"),
        ("locked = ['import.verify']", "only the site's file may lock"),
        ('profile = "a\\u001b[31m"\nstate_dir = 1', "state_dir: 1 should be a valid string"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(
    load: Load, places: Places, user: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(user)
    assert str(places.settings) in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"BSTUI_IMPORT_VERIFY": "fll"}, "BSTUI_IMPORT_VERIFY must be"),
        ({"BSTUI_IMPORT_FOO": "1"}, "BSTUI_IMPORT_FOO is not a setting"),
        ({"BSTUI_IMPORT": "full"}, "not a table in JSON"),
        ({"BSTUI_SITE_CONFIG": "/nowhere/site.toml"}, "/nowhere/site.toml is not there"),
    ],
)
def test_a_wrong_variable_is_named(load: Load, environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(environ=environ)


def test_a_wrong_flag_is_named(load: Load) -> None:
    with pytest.raises(SettingsError, match="--concurrent-files: 99 should be less"):
        load(flags={"import.concurrent_files": 99})


def test_all_problems_are_said(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load("[import]\nverify = 'x'\n[screen]\nglyphs = 'y'")
    assert "import.verify" in caught.value.message
    assert "screen.glyphs" in caught.value.why


def test_a_value_that_looks_like_a_token_is_not_repeated(load: Load) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"[import]\nverify = '{'0123456789abcdef' * 2}'\n")
    assert "0123456789abcdef" not in str(caught.value)


def test_odd_files(load: Load, places: Places) -> None:
    places.config.mkdir(parents=True)
    places.settings.write_bytes(b"\xef\xbb\xbfprofile = 'bom'\r\n")
    assert load().profile == "bom"
    places.settings.write_bytes(b"")
    assert load() == Settings()
    places.settings.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load()
    places.settings.unlink()
    places.settings.mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load()


LOCKED = "locked = ['import.verify', 'screen']\n[import]\nverify = 'full'"


def test_locked_keys_win_over_files_and_variables(load: Load) -> None:
    settings = load(
        site=LOCKED,
        user="[import]\nverify = 'none'\ngrouping = 'none'\n[screen]\nmouse = true",
        environ={"BSTUI_IMPORT_VERIFY": "none", "BSTUI_SCREEN_THEME": "dark"},
    )
    assert (settings.import_.verify, settings.import_.grouping) == ("full", "none")
    assert (settings.screen.mouse, settings.screen.theme) == (False, "auto")
    assert settings.locked == ("import.verify", "screen")


def test_a_flag_that_contradicts_a_lock_is_refused(load: Load, tmp_path: Path) -> None:
    assert load(site=LOCKED, flags={"import.verify": "full"}).import_.verify == "full"
    with pytest.raises(SettingsError) as caught:
        load(site=LOCKED, flags={"import.verify": "none"})
    assert "--verify cannot be changed" in caught.value.message
    assert str(tmp_path / "site.toml") in caught.value.why
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("locked", ["['import.verfy']", "'import'", "[3]"])
def test_a_lock_of_nothing_is_said(load: Load, locked: str) -> None:
    with pytest.raises(SettingsError, match=r"site\.toml: locked"):
        load(site=f"locked = {locked}")


def test_every_setting_is_described() -> None:
    rows = list(describe_settings())
    assert len({row.name for row in rows}) == len(rows)
    assert all(row.description.endswith(".") for row in rows)
    by_name = {row.name: row for row in rows}
    assert by_name["import.verify"].variable == "BSTUI_IMPORT_VERIFY"
    assert by_name["import.verify"].choices == ("none", "server", "full")
    assert by_name["screen.mouse"].default == "false"
    assert {field.alias or name for name, field in Settings.model_fields.items()} == {
        row.name.split(".")[0] for row in rows
    }


@given(st.binary(max_size=200))
def test_no_file_breaks_more_than_a_sentence(data: bytes) -> None:
    """Whatever stands in the file: settings, or a SettingsError."""
    with tempfile.TemporaryDirectory() as folder:
        places = Places(home=Path(folder), config=Path(folder), state=Path(folder))
        places.settings.write_bytes(data)
        said = str(places.settings)
        try:
            load_settings(places, {"BSTUI_SITE_CONFIG": ""})
        except SettingsError as error:
            said = str(error)
        assert str(places.settings) in said


@pytest.mark.parametrize(
    ("line", "said"),
    [("chmod = '999'", "is no mode"), ("chmod = '044'", "is no mode"),
     ("give_up_after = 'soon'", "is no duration")],
)  # fmt: skip
def test_modes_and_durations_that_cannot_be_meant(load: Load, line: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(site=f"[import]\n{line}\n")
