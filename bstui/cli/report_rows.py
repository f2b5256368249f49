"""The rows of a report: the job, its attempts, what it brought, what failed."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bstui.cli.job_rows import job_row, proof_row
from bstui.cli.output import Row
from bstui.jobs.account import Account, PastAttempt, Tally
from bstui.jobs.records import FileFailed
from bstui.units import iso_text


def facts_of(account: Account) -> dict[str, Any]:
    """The job in one row, as `bstui show job:X` has it and with what a report adds."""
    view = account.view
    header, options = view.header, view.header.options
    facts = job_row(view) | {
        "account": header.identity,
        "region": header.region,
        "sources": list(header.sources),
        "kind": "raw run" if options.bcl else "FASTQ",
        "samples": len(account.samples),
        "verify": options.verify,
        "attempts": len(account.attempts),
        "began": moment_text(account.attempts[0].began) if account.attempts else None,
        "ended": moment_text(account.attempts[-1].ended) if account.attempts else None,
        "seconds_in_all": round(account.lasted, 1),
        "seconds_worked": round(account.worked, 1),
        "files_fetched": account.fetched.files,
        "bytes_fetched": account.fetched.bytes,
        "bytes_per_second": round(account.rate) if account.rate is not None else None,
    }
    return facts | (proof_row(view.proof) if view.proof is not None else {})


def tally_rows(tallies: Mapping[str, Tally], key: str) -> Iterator[Row]:
    for name, tally in sorted(tallies.items()):
        yield {key: name, "files": tally.files, "bytes": tally.bytes}


def attempt_row(one: PastAttempt) -> Row:
    return {
        "attempt": one.attempt,
        "host": one.host,
        "slurm_id": one.slurm_id,
        "began": moment_text(one.began),
        "ended": moment_text(one.ended),
        "seconds": round(one.seconds, 1),
        "end": one.end,
        "damaged_lines": one.damaged,
    }


def failure_row(failed: FileFailed) -> Row:
    return {"path": failed.path, "id": failed.id, "what": failed.words}


def moment_text(seconds: float) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return iso_text(datetime.fromtimestamp(seconds, UTC))
