"""Which certificates are trusted."""

from pathlib import Path

import pytest

from bstui.errors import SettingsError
from bstui.system import ca_file

PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    path = tmp_path / "site.pem"
    path.write_text(PEM)
    return str(path)


def test_the_chosen_file_comes_before_variables(bundle: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(PEM)
    environ = {"SSL_CERT_FILE": str(other), "CURL_CA_BUNDLE": bundle}
    assert ca_file(bundle, environ) == bundle
    assert ca_file(None, environ) == str(other)
    assert ca_file(None, {"CURL_CA_BUNDLE": bundle}) == bundle


def test_without_a_choice_there_is_still_a_file() -> None:
    assert "-----BEGIN" in Path(ca_file(None, {})).read_text(errors="replace")


def test_a_file_that_is_no_bundle_says_who_named_it(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(SettingsError, match="--ca-bundle"):
        ca_file(tmp_path / "missing", {})
    with pytest.raises(SettingsError, match="SSL_CERT_FILE names it"):
        ca_file(None, {"SSL_CERT_FILE": str(empty)})
