"""Slurm's rows in words, and what they make of a job's state."""

import pytest

from bstui.jobs.queue import Standing, word_of
from bstui.jobs.slurm import QueueEntry


def entry(state: str, reason: str = "None", start: str = "N/A") -> QueueEntry:
    return QueueEntry("7", "bstui-X", state, start, "n01", reason)


@pytest.mark.parametrize(
    ("row", "standing", "words"),
    [
        (entry("PENDING"), Standing.PENDING, "Slurm has not looked at it yet"),
        (entry("PENDING", "Priority"), Standing.PENDING, "other jobs come first"),
        (
            entry("PENDING", "ReqNodeNotAvail, UnavailableNodes:n01"),
            Standing.PENDING,
            "the nodes that it asks for are not available (UnavailableNodes:n01)",
        ),
        (
            entry("PENDING", "Nodes required for job are DOWN, DRAINED or reserved for jobs in x"),
            Standing.PENDING,
            "its nodes are down, drained or reserved",
        ),
        (
            entry("PENDING", "QOSMaxJobsPerUserLimit"),
            Standing.PENDING,
            "a limit of your account or QOS is reached (QOSMaxJobsPerUserLimit)",
        ),
        (entry("PENDING", "job requeued in held state"), Standing.PENDING, "held;"),
        (entry("PENDING", "launch failed requeued held"), Standing.PENDING, "could not start it"),
        (
            entry("PENDING", "BeginTime", "2031-05-06T17:58:02"),
            Standing.PENDING,
            "starts at 17:58 on 2031-05-06",
        ),
        (entry("PENDING", "SomethingNew|odd"), Standing.PENDING, "SomethingNew|odd"),
        (entry("CONFIGURING"), Standing.RUNNING, "starting on n01"),
        (entry("NODE_FAIL"), Standing.ENDED, "its node failed"),
        (entry("OUT_OF_MEMORY"), Standing.ENDED, "its memory was not enough"),
        (entry("FAILED", "JobLaunchFailure"), Standing.ENDED, "its node may not see"),
        (entry("FAILED", "NonZeroExitCode"), Standing.ENDED, "it failed"),
        (None, Standing.FORGOTTEN, "does not know it any more"),
    ],
)
def test_every_row_has_its_standing_and_its_words(
    row: QueueEntry | None, standing: Standing, words: str
) -> None:
    word = word_of(row)
    assert word.standing is standing
    assert words in word.text
