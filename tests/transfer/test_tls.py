"""Bytes over TLS: a server that is not trusted is never asked twice, nor believed."""

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bstui.errors import ServiceError
from bstui.text import Secret
from bstui.transfer.items import Item
from tests.transfer.bench import Bench
from tests.transfer.store import Store, make_bytes, serving


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1, signed by itself, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    path = tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path), "-out", str(tmp_path / "public.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    with path.open("a") as file:
        file.write((tmp_path / "public.pem").read_text())
    return path


@pytest.fixture
def secure(certificate: Path, tmp_path: Path) -> Iterator[Bench]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Store(), context) as store:
        store.put("x", make_bytes(3_000_000))
        yield Bench(store, tmp_path / "destination")


async def test_a_trusted_server_s_bytes_arrive(secure: Bench, certificate: Path) -> None:
    async def locate(item: Item) -> Secret:
        return Secret(secure.store.url(item.id).replace("http:", "https:"))

    await secure.run(locate=locate, ca_file=str(certificate.with_name("public.pem")))
    secure.check()


async def test_a_server_that_is_not_trusted_fails_the_file_and_names_the_certificates(
    secure: Bench,
) -> None:
    async def locate(item: Item) -> Secret:
        return Secret(secure.store.url(item.id).replace("http:", "https:"))

    await secure.run(locate=locate, ca_file=None)
    error = secure.heard.failures["x"]
    assert isinstance(error, ServiceError)
    assert "--ca-bundle" in error.hint
    assert "Signature" not in str(error)
    assert secure.store.log == []
