"""Every error that bstui can tell a person about.

    BstuiError                      exit  policy
    ├── UsageError                     2  fatal       a command line that cannot be meant
    │   ├── AmbiguousName              2              a name that several things have
    │   └── SettingsError              2              a settings file or variable that is broken
    ├── NotFound                       1  gone        an id or a name that nothing has
    ├── DestinationError               1  fatal       a destination that cannot be written
    ├── SomeFilesFailed                3  fatal       the job ended without some of its files
    ├── NameTaken                      3  fatal       the name belongs to another file
    ├── UnsafePath                     3  fatal       a path that would leave the destination
    ├── AccessProblem                  4
    │   ├── NotLoggedIn                4  auth        no token, or one that is not accepted
    │   └── NotAllowed                 4  permission  the token may not see or read this
    ├── NoSpace                        5  space       bytes, quota or inodes
    ├── IntegrityError                 6  integrity   what arrived is not what the server holds
    ├── TimeLimit                     10  fatal       stopped before the end; resumable
    ├── InUse                         11  fatal       somebody else holds it
    ├── SchedulerProblem               1  fatal       Slurm refused, or did not answer
    └── ServiceError                   1  fatal
        ├── Unreachable                1  transient   no answer: DNS, refused, reset, timed out
        ├── ServerFault                1  transient   5xx, or a body that is no answer
        ├── TooManyRequests            1  rate        429
        ├── Gone                       1  gone        404, 410
        └── Archived                   1  archived    in cold storage

Each says what happened (`message`), why that can be (`why`) and what to do (`hint`).
"""

from enum import StrEnum


class Policy(StrEnum):
    """What an importer does about an error."""

    TRANSIENT = "transient"
    """Try again; progress renews the budget."""
    AUTH = "auth"
    """Wait for a login."""
    PERMISSION = "permission"
    """That file fails, the rest goes on."""
    GONE = "gone"
    ARCHIVED = "archived"
    RATE = "rate"
    """Try again when the server says so."""
    SPACE = "space"
    """Wait for room."""
    INTEGRITY = "integrity"
    """Fetch again, at most three times."""
    FATAL = "fatal"


class BstuiError(Exception):
    """Something that a person can be told in a sentence."""

    exit_code = 1
    policy = Policy.FATAL

    def __init__(self, message: str, *, why: str = "", hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint
        self.details = details
        """For the log: the server's own words and its X-Request-ID. Never a secret."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.why, self.hint) if part)


class UsageError(BstuiError):
    exit_code = 2


class AmbiguousName(UsageError):
    pass


class SettingsError(UsageError):
    pass


class NotFound(BstuiError):
    policy = Policy.GONE


class DestinationError(BstuiError):
    pass


class SomeFilesFailed(BstuiError):
    exit_code = 3


class NameTaken(BstuiError):
    exit_code = 3


class UnsafePath(BstuiError):
    exit_code = 3


class AccessProblem(BstuiError):
    exit_code = 4


class NotLoggedIn(AccessProblem):
    policy = Policy.AUTH


class NotAllowed(AccessProblem):
    policy = Policy.PERMISSION


class NoSpace(BstuiError):
    exit_code = 5
    policy = Policy.SPACE


class IntegrityError(BstuiError):
    exit_code = 6
    policy = Policy.INTEGRITY


class TimeLimit(BstuiError):
    exit_code = 10


class InUse(BstuiError):
    exit_code = 11


class SchedulerProblem(BstuiError):
    pass


class ServiceError(BstuiError):
    """BaseSpace, or the way to it, did not give what was asked."""


class Unreachable(ServiceError):
    policy = Policy.TRANSIENT


class ServerFault(ServiceError):
    policy = Policy.TRANSIENT


class TooManyRequests(ServiceError):
    policy = Policy.RATE

    def __init__(
        self, message: str, *, retry_after: float | None = None, details: str = ""
    ) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after
        """Seconds the server asked us to wait, where it said so."""


class Gone(ServiceError):
    policy = Policy.GONE


class Archived(ServiceError):
    policy = Policy.ARCHIVED
