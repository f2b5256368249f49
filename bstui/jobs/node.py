"""Whether a compute node can do the job at all: many reach no network, or not every file system.

A worker on a login node waits when BaseSpace is away; on a node that never reaches it, that would
only burn the allocation.
"""

import asyncio
import os
import secrets
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from bstui.errors import BstuiError, DestinationError, Policy, Unreachable
from bstui.jobs.access import Access
from bstui.jobs.folder import JobFolder
from bstui.jobs.records import PlanFile
from bstui.jobs.worker_log import log
from bstui.transfer.items import Item

_PAUSE = 5.0
"""Seconds between two tries."""
_CONNECT = 15.0


async def check_node(access: Access, folder: JobFolder, patience: float) -> None:
    """Write into the destination, ask the API, and connect to where the first file's bytes are.

    DestinationError or Unreachable, which say what to do; `patience`: seconds for the network.
    """
    header = folder.header()
    await asyncio.to_thread(_check_writable, Path(header.destination))
    deadline = time.monotonic() + patience
    while True:
        try:
            await _check_network(access, next(iter(folder.files()), None))
        except Unreachable as error:
            if time.monotonic() > deadline:
                raise _no_way(error) from error
        except BstuiError as error:
            if error.policy is not Policy.AUTH:
                log.info("The node reaches BaseSpace, which says: %s", error)
            return
        else:
            log.info("The node %s reaches BaseSpace and the destination", _node())
            return
        await asyncio.sleep(_PAUSE)


async def _check_network(access: Access, file: PlanFile | None) -> None:
    await access.open()
    if file is None:
        return
    item = Item(number=1, id=file.id, path=file.path, size=file.size, etag=file.etag)
    address = urlsplit((await access.locate(item)).reveal())
    host = address.hostname or ""
    if address.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return  # the proxy that the API was reached by stands in for it
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_CONNECT):
            _, writer = await asyncio.open_connection(host, port)
    except OSError as error:  # of which TimeoutError is one
        reason = error.strerror or "no answer"
        raise Unreachable(
            f"{host}, where the files' bytes are, is not reached: {reason}."
        ) from error
    writer.close()


def _check_writable(destination: Path) -> None:
    probe = destination / f".bstui-{secrets.token_hex(4)}"
    try:
        destination.mkdir(parents=True, exist_ok=True)
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW))
        probe.unlink()
    except OSError as error:
        raise DestinationError(
            f"The node {_node()} cannot write into {destination}: {error.strerror}.",
            why="Not every node sees every file system.",
            hint="Choose another --partition, or --launch detached, and: bstui resume JOB",
        ) from error


def _no_way(error: Unreachable) -> Unreachable:
    return Unreachable(
        f"The node {_node()} does not reach BaseSpace: {error.message}",
        why="Many compute nodes have no way to the internet.",
        hint="Choose a --partition whose nodes have one, or --launch detached, or set https_proxy, "
        "and: bstui resume JOB",
    )


def _node() -> str:
    return os.uname().nodename
