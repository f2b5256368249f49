"""Where a token comes from, in which order, and what is said where there is none."""

from pathlib import Path

import pytest

from bstui.basespace.credentials import (
    Profile,
    Source,
    account_key,
    choose_profile,
    find_profiles,
    parse_token,
    remove_profile,
    store_profile,
)
from bstui.basespace.models import Identity
from bstui.errors import AmbiguousName, NotFound, NotLoggedIn, UsageError
from bstui.paths import Places
from bstui.text import Secret

USA = "https://api.basespace.illumina.com"
LONDON = "https://api.euw2.sh.basespace.illumina.com"
TOKEN = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
ANNA = Identity(id="1001", name="Anna", email="anna@lab.example", scopes=("READ GLOBAL",))
LAB = Identity(id="2002", name='The "Lab" \\ S[/b] µ', is_workgroup=True, person="Anna")


def own(places: Places, name: str, server: str = USA, identity: Identity | None = None) -> Profile:
    return store_profile(places, name, server, Secret(TOKEN), identity)


def official(places: Places, name: str, text: str) -> Path:
    places.official_profiles.mkdir(exist_ok=True)
    path = places.official_profiles / f"{name}.cfg"
    path.write_text(text)
    return path


def official_text(token: str = OTHER, server: str = USA) -> str:
    return f"apiServer   = {server}/\naccessToken = {token}\n"


def the_only(places: Places) -> Profile:
    [profile] = find_profiles(places, {})
    return profile


@pytest.mark.parametrize("identity", [None, ANNA, LAB])
def test_a_stored_profile_is_read_as_it_was(places: Places, identity: Identity | None) -> None:
    stored = own(places, "lab.1", LONDON, identity)
    assert the_only(places) == stored
    assert stored.region == "euw2"
    assert stored.token.reveal() == TOKEN
    assert (places.profiles / "lab.1.toml").stat().st_mode & 0o777 == 0o600
    assert places.profiles.stat().st_mode & 0o777 == 0o700


def test_storing_again_replaces_and_removing_forgets(places: Places) -> None:
    own(places, "lab")
    own(places, "lab", LONDON)
    assert the_only(places).server == LONDON
    remove_profile(places, "lab")
    assert find_profiles(places, {}) == []
    with pytest.raises(NotFound):
        remove_profile(places, "lab")


@pytest.mark.parametrize("name", ["", "env", "env-12345678", "bs-default", "../x", "a b", "-x"])
def test_names_that_mean_something_else_are_refused(places: Places, name: str) -> None:
    with pytest.raises(UsageError):
        own(places, name)
    with pytest.raises(UsageError):
        remove_profile(places, name)


def test_the_order_of_preference(places: Places) -> None:
    official(places, "default", official_text())
    assert choose_profile(places, {}).name == "bs-default"
    own(places, "lab")
    assert choose_profile(places, {}).name == "lab"
    environ = {"BASESPACE_ACCESS_TOKEN": OTHER, "BASESPACE_API_SERVER": LONDON}
    assert choose_profile(places, environ).source is Source.ENVIRONMENT
    assert choose_profile(places, environ).server == LONDON
    environ |= {"BSTUI_ACCESS_TOKEN": TOKEN, "BSTUI_API_SERVER": "euc1"}
    assert choose_profile(places, environ).region == "euc1"
    assert choose_profile(places, environ, "bs-default").token.reveal() == OTHER
    assert choose_profile(places, environ, "lab").source is Source.OWN
    assert [p.name for p in find_profiles(places, environ)] == ["env", "lab", "bs-default"]


def test_one_of_several_must_be_named_unless_it_is_the_default(places: Places) -> None:
    own(places, "lab", identity=ANNA)
    own(places, "work", LONDON)
    with pytest.raises(AmbiguousName, match=r"lab \(use1, Anna\), work \(euw2\)"):
        choose_profile(places, {})
    own(places, "default")
    assert choose_profile(places, {}).name == "default"


def test_one_of_several_official_ones_must_be_named_too(places: Places) -> None:
    official(places, "one", official_text())
    official(places, "two", official_text())
    with pytest.raises(AmbiguousName, match="bs-one"):
        choose_profile(places, {})
    official(places, "default", official_text())
    assert choose_profile(places, {}).name == "bs-default"


def test_nobody_is_logged_in(places: Places) -> None:
    with pytest.raises(NotLoggedIn, match="bstui login"):
        choose_profile(places, {})
    with pytest.raises(NotLoggedIn, match="bstui login lab"):
        choose_profile(places, {}, "lab")
    own(places, "work")
    with pytest.raises(NotLoggedIn, match="There are: work"):
        choose_profile(places, {}, "lab")


def test_the_environments_profile_is_named_by_its_account(places: Places) -> None:
    environ = {"BSTUI_ACCESS_TOKEN": f"{TOKEN}\n", "BSTUI_API_SERVER": LONDON}
    profile = choose_profile(places, environ)
    named = profile.identified(ANNA)
    assert named.name.startswith("env-")
    assert len(named.name) == len("env-") + 8
    assert named.name != profile.identified(LAB).name
    assert named.identity == ANNA
    assert choose_profile(places, environ, named.name) == profile
    with pytest.raises(NotLoggedIn, match="BSTUI_ACCESS_TOKEN"):
        choose_profile(places, {}, named.name)


def test_another_profile_keeps_its_name(places: Places) -> None:
    assert own(places, "lab").identified(ANNA).name == "lab"


def test_a_token_without_a_server_is_the_default_regions(places: Places) -> None:
    assert choose_profile(places, {"BASESPACE_ACCESS_TOKEN": TOKEN}).server == USA
    assert find_profiles(places, {"BSTUI_ACCESS_TOKEN": ""}) == []


@pytest.mark.parametrize(
    "environ",
    [
        {"BSTUI_ACCESS_TOKEN": f"{TOKEN} {TOKEN}"},
        {"BSTUI_ACCESS_TOKEN": TOKEN, "BSTUI_API_SERVER": "http://api.example"},
    ],
)
def test_a_broken_environment_is_said_and_not_passed_over(
    places: Places, environ: dict[str, str]
) -> None:
    own(places, "lab")
    with pytest.raises(NotLoggedIn) as caught:
        choose_profile(places, environ)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_profile_that_others_can_read_is_refused_with_the_command(
    places: Places, mode: int
) -> None:
    own(places, "lab")
    path = places.profiles / "lab.toml"
    path.chmod(mode)
    assert the_only(places).token == Secret("")
    with pytest.raises(NotLoggedIn, match=f"chmod 600 {path}"):
        choose_profile(places, {}, "lab")
    path.chmod(0o600)
    assert choose_profile(places, {}).token.reveal() == TOKEN


@pytest.mark.parametrize(
    "text",
    [
        f'token = "{TOKEN}',
        f'token = "{TOKEN}"',
        f'server = 7\ntoken = "{TOKEN}"',
        f'server = "http://api.example"\ntoken = "{TOKEN}"',
        f'server = "use1"\ntoken = "{TOKEN} x"',
        "\0",
        "\udcff",
    ],
)
def test_a_broken_profile_spoils_no_other_and_keeps_its_secret(places: Places, text: str) -> None:
    own(places, "good")
    path = places.profiles / "bad.toml"
    path.write_text(text, errors="surrogateescape")
    path.chmod(0o600)
    bad, good = find_profiles(places, {})
    assert bad.problem
    assert TOKEN not in bad.problem
    assert not good.problem
    with pytest.raises(NotLoggedIn):
        choose_profile(places, {}, "bad")


@pytest.mark.parametrize(
    "text",
    [
        official_text(),
        f"[DEFAULT]\napiServer={USA}\naccessToken={OTHER}\napiVersion = v1pre3\n",
        f"{official_text()}\n[BSFS]\nkey = a=b\n",
        f"accessToken = {OTHER}",
        f'accessToken = "{OTHER}"\r\n',
    ],
)
def test_the_official_configuration_in_all_its_ages(places: Places, text: str) -> None:
    official(places, "My Lab", text)
    profile = the_only(places)
    assert (profile.name, profile.server, profile.problem) == ("bs-My Lab", USA, "")
    assert profile.token.reveal() == OTHER


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"apiServer = {USA}", "no token"),
        ("", "no token"),
        ("accessToken = q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83v/w==", "encrypted"),
        (f"apiServer = {USA}\nencryptedAccessToken = x", "encrypted"),
    ],
)
def test_an_official_configuration_without_a_plain_token(
    places: Places, text: str, problem: str
) -> None:
    official(places, "default", text)
    with pytest.raises(NotLoggedIn, match=problem):
        choose_profile(places, {})


def test_what_cannot_be_read_is_a_problem(places: Places) -> None:
    (places.official_profiles / "default.cfg").mkdir(parents=True)
    assert "cannot be read (Is a directory)" in the_only(places).problem


def test_a_profile_prints_no_secret(places: Places) -> None:
    assert TOKEN not in repr(own(places, "lab"))


def test_what_is_no_token_is_refused_without_repeating_it() -> None:
    jwt = "eyJhbGciOi.eyJzdWIi.c2lnbmF0"
    for text in ("", "two words", "tök", jwt):
        with pytest.raises(UsageError) as caught:
            parse_token(text)
        assert not text or text not in str(caught.value)
    assert parse_token(f" {TOKEN}\n").reveal() == TOKEN


def test_an_account_is_part_of_a_file_name() -> None:
    assert account_key("http://127.0.0.1:80", ANNA) == "127.0.0.1:80-1001"
    assert "/" not in account_key(USA, Identity(id="../x", name=""))


def old_kit(places: Places, text: str) -> None:
    (places.home / ".basespacepy.cfg").write_text(text)


def test_the_old_python_kits_file_is_read(places: Places) -> None:
    old_kit(
        places,
        "[DEFAULT]\nname = my app\nclientKey = abc\nclientSecret = def\n"
        f"accessToken = {TOKEN}\napiServer = {LONDON}/\napiVersion = v1pre3\n",
    )
    profile = the_only(places)
    assert (profile.name, profile.server, profile.region) == ("bs-basespacepy", LONDON, "euw2")
    assert profile.token.reveal() == TOKEN
    assert choose_profile(places, {}) == profile


def test_the_old_kits_file_comes_after_the_official_commands(places: Places) -> None:
    old_kit(places, f"[DEFAULT]\naccessToken = {TOKEN}\n")
    official(places, "work", official_text())
    assert choose_profile(places, {}).name == "bs-work"
    assert choose_profile(places, {}, "bs-basespacepy").token.reveal() == TOKEN


def test_the_old_kits_file_without_a_token_says_so(places: Places) -> None:
    old_kit(places, "[DEFAULT]\nclientKey = abc\nclientSecret = def\n")
    assert "holds no token" in the_only(places).problem
