"""What was imported, when, from where, to where: a SQLite index that can always be rebuilt.

Files are the truth: job folders say what happened. This index answers quickly over all of them. It
is opened by screens and commands only, never by a worker, never from two hosts.
"""

from bstui.history.index import CaughtUp, History
from bstui.history.place import find_database
from bstui.history.records import (
    HistoryFile,
    HistoryJob,
    HistorySample,
    Imported,
    ImportedRun,
    Narrowing,
    Statistic,
    Totals,
)

__all__ = [
    "CaughtUp",
    "History",
    "HistoryFile",
    "HistoryJob",
    "HistorySample",
    "Imported",
    "ImportedRun",
    "Narrowing",
    "Statistic",
    "Totals",
    "find_database",
]
