"""`login`, `logout`, `whoami`: tokens in, never out."""

import asyncio
import io
import os
import stat
import sys
from collections.abc import Callable

import pytest

from bstui.paths import Places
from bstui.simulator.service import Simulator
from tests.basespace.server import TOKEN, Question, Reply, serving
from tests.cli.running import Said, Shell

Login = Callable[..., Said]


@pytest.fixture
def login(shell: Shell, laboratory: Simulator) -> Login:
    """`bstui login` with a token on standard input."""

    def run(name: str, token: str, region: int = 0, *options: str) -> Said:
        real, sys.stdin = sys.stdin, io.StringIO(token + "\n")
        try:
            return shell("login", name, "--server", laboratory.regions[region].api_url, *options)
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


def test_workgroups_without_a_token_are_listed_where_the_server_tells_them(
    login: Login, shell: Shell, laboratory: Simulator
) -> None:
    login("me", laboratory.tokens.person)
    said = shell("whoami", "--all", "--json")
    assert [(row["name"], row["source"]) for row in said.rows] == [("me", "own"), ("", "no token")]
    assert "bstui login NAME --device --server" in said.err
    login("group", laboratory.tokens.workgroup)
    assert [row["name"] for row in shell("whoami", "--all", "--json").rows] == ["group", "me"]


def test_workgroups_that_may_not_be_listed_are_no_error(shell: Shell, simulator: Simulator) -> None:
    simulator.choices.choose({"workgroup-list": "refused"})
    shell.use(simulator, simulator.tokens.person)
    said = shell("whoami", "--all", "--json")
    assert (said.code, len(said.rows), said.err) == (0, 1, "")


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


def test_the_official_commands_profile_is_not_ours_to_remove(shell: Shell, places: Places) -> None:
    places.official_profiles.mkdir()
    stored = places.official_profiles / "lab.cfg"
    stored.write_text(f"accessToken = {'a' * 32}\n")
    said = shell("logout", "bs-lab")
    assert (said.code, stored.exists()) == (2, True)
    assert "not bstui's own" in said.err


def test_a_named_pipe_in_place_of_a_profile_keeps_nobody_waiting(
    shell: Shell, places: Places
) -> None:
    places.official_profiles.mkdir()
    os.mkfifo(places.official_profiles / "default.cfg")
    said = shell("whoami")
    assert said.code == 4
    assert "named pipe" in said.err


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


def test_the_region_that_knows_a_token_is_found_where_that_is_wanted(
    login: Login, shell: Shell, laboratory: Simulator
) -> None:
    elsewhere = laboratory.tokens.elsewhere
    assert login("first", laboratory.tokens.person).code == 0
    assert login("second", elsewhere, 1).code == 0
    assert login("lost", elsewhere).code == 4, "without consent it is shown to nobody else"
    said = login("lost", elsewhere, 0, "--find-region")
    assert said.code == 0, said.err
    assert f"{laboratory.regions[1].api_url} knows this token." in said.err
    row = shell("--profile", "lost", "whoami", "--json").rows[0]
    assert row["server"] == laboratory.regions[1].api_url


def test_a_token_that_no_region_knows_is_not_stored(
    login: Login, laboratory: Simulator, places: Places
) -> None:
    assert login("first", laboratory.tokens.person).code == 0
    assert login("second", laboratory.tokens.elsewhere, 1).code == 0
    said = login("lost", "f" * 32, 0, "--find-region")
    assert said.code == 4
    assert "No region that could be asked knows this token." in said.err
    assert laboratory.regions[1].api_url in said.err
    assert not (places.profiles / "lost.toml").exists()


def test_regions_say_whether_they_answer(shell: Shell, laboratory: Simulator) -> None:
    here = laboratory.regions[0].api_url
    said = shell("regions", "--ping", here, "http://127.0.0.1:1", "--json")
    there, gone = said.rows
    assert said.code == 1, "one of them does not answer"
    assert (there["id"], there["api"], there["answers"], there["problem"]) == (
        *("other", here, True, ""),
    )
    assert isinstance(there["milliseconds"], int)
    assert (gone["answers"], gone["milliseconds"]) == (False, None)
    assert shell("regions", "--ping", here).code == 0


def test_a_login_by_browser_needs_an_application(shell: Shell) -> None:
    said = shell("login", "--device")
    assert said.code == 2
    assert "login.client_id" in said.err
    assert shell("login", "--device", "--find-region").code == 2


def browser_flow() -> Callable[[Question], Reply]:
    """A service whose device login is accepted at the second question."""
    asked: list[str] = []

    def answer(question: Question) -> Reply:
        asked.append(question.path)
        match question.path.rpartition("/")[2]:
            case "deviceauthorization":
                address = "https://basespace.illumina.com/oauth/device?code=b9bac"
                code = {"device_code": "d" * 32, "user_code": "b9bac", "interval": 1}
                return Reply(code | {"verification_with_code_uri": address, "expires_in": 1800})
            case "token":
                if asked.count(question.path) < 2:
                    return Reply({"error": "authorization_pending"}, 400)
                return Reply({"access_token": TOKEN})
            case "current" if "users" in question.path:
                return Reply({"Id": "17", "Name": "Ada"})
            case _:
                return Reply({}, 404)

    return answer


async def test_a_login_by_browser(shell: Shell, places: Places) -> None:
    places.settings.parent.mkdir(parents=True, exist_ok=True)
    places.settings.write_text('[login]\nclient_id = "our-app"\nclient_secret = "hush-hush"\n')
    async with serving(browser_flow()) as server:
        said = await asyncio.to_thread(shell, "login", "lab", "--device", "--server", server.url)
    assert said.code == 0, said.err
    assert "https://basespace.illumina.com/oauth/device?code=b9bac" in said.err
    assert "Logged in: Ada" in said.err
    assert (places.profiles / "lab.toml").is_file()
    assert "hush-hush" not in said.out + said.err
