"""Whom the client believes over TLS: a site's own authority, once it is named."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from bstui.basespace.client import Client
from bstui.errors import Unreachable
from bstui.text import Secret
from tests.basespace.server import QUICK, TOKEN, Reply, serving

_MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
    "-subj /CN=site -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out site.pem"
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    subprocess.run(_MAKE.split(), cwd=tmp_path, check=True, capture_output=True)
    return tmp_path / "site.pem"


async def test_a_site_authority_is_trusted_once_it_is_named(certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, certificate.with_name("key.pem"))
    secret = Secret(TOKEN)
    async with serving(lambda _: Reply({"Id": "1", "Name": "r"}), tls) as server:
        async with Client(server.url, secret, ca_bundle=certificate, patience=QUICK) as client:
            assert (await client.run("1")).id == "1"
        async with Client(server.url, secret, patience=QUICK) as stranger:
            with pytest.raises(Unreachable, match="--ca-bundle"):
                await stranger.run("1")
    assert len(server.asked) == 1
