"""`login`, `logout`, `whoami`: tokens in, never out."""

import io
import os
import stat
import sys
from collections.abc import Callable

import pytest

from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.cli.running import Said, Shell

Login = Callable[..., Said]


@pytest.fixture
def login(shell: Shell, laboratory: Simulator) -> Login:
    """`bstui login` with a token on standard input."""

    def run(name: str, token: str, region: int = 0) -> Said:
        real, sys.stdin = sys.stdin, io.StringIO(token + "\n")
        try:
            return shell("login", name, "--server", laboratory.regions[region].api_url)
        finally:
            sys.stdin = real

    return run


def test_login_tries_the_token_and_stores_it_for_its_owner_alone(
    login: Login, shell: Shell, laboratory: Simulator, places: Places
) -> None:
    said = login("lab", laboratory.tokens.person)
    assert said.code == 0, said.err
    assert "Robin Ferris" in said.err
    stored = places.profiles / "lab.toml"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(stored.parent.stat().st_mode) == 0o700
    assert shell("whoami", "--json").rows[0]["user"] == "Robin Ferris"


def test_a_refused_token_is_not_stored(login: Login, places: Places) -> None:
    said = login("lab", "f" * 32)
    assert said.code == 4
    assert not places.profiles.exists() or not list(places.profiles.iterdir())


def test_a_workgroup_is_a_profile_of_its_own(
    login: Login, shell: Shell, laboratory: Simulator
) -> None:
    login("me", laboratory.tokens.person)
    login("group", laboratory.tokens.workgroup)
    assert shell("projects").code == 2, "two profiles, and none was named"
    said = shell("--profile", "group", "whoami", "--json")
    assert (said.rows[0]["kind"], said.rows[0]["person"]) == ("workgroup", "Robin Ferris")
    rows = shell("whoami", "--all", "--json").rows
    assert {row["name"] for row in rows} == {"me", "group"}


def test_logout_removes_the_token(
    login: Login, shell: Shell, laboratory: Simulator, places: Places
) -> None:
    login("lab", laboratory.tokens.person)
    assert shell("logout", "lab").code == 0
    assert list(places.profiles.iterdir()) == []
    assert shell("logout", "lab").code != 0


def test_the_order_in_which_tokens_are_taken(
    login: Login, shell: Shell, laboratory: Simulator, places: Places
) -> None:
    def name() -> str:
        row = shell("whoami", "--json").rows[0]
        return str(row["name"]).partition("-")[0] + " " + str(row["user"])

    places.official_profiles.mkdir()
    (places.official_profiles / "default.cfg").write_text(
        f"apiServer   = {laboratory.regions[0].api_url}/\n"
        f"accessToken = {laboratory.tokens.workgroup}\n"
    )
    assert name() == "bs Heart & Tumour Group"
    login("lab", laboratory.tokens.person)
    login("other", laboratory.tokens.workgroup)
    places.settings.write_text('profile = "lab"\n')
    assert name() == "lab Robin Ferris"
    os.environ["BASESPACE_API_SERVER"] = laboratory.regions[0].api_url
    os.environ["BASESPACE_ACCESS_TOKEN"] = laboratory.tokens.workgroup
    assert name() == "env Heart & Tumour Group"
    shell.use(laboratory, laboratory.tokens.person)
    assert name() == "env Robin Ferris"
    row = shell("--profile", "other", "whoami", "--json").rows[0]
    assert (row["name"], row["user"]) == ("other", "Heart & Tumour Group")


def test_a_profile_that_others_may_read_is_refused_with_the_remedy(
    login: Login, shell: Shell, laboratory: Simulator, places: Places
) -> None:
    login("lab", laboratory.tokens.person)
    (places.profiles / "lab.toml").chmod(0o644)
    said = shell("projects")
    assert said.code == 4
    assert "chmod 600" in said.err
