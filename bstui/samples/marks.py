"""A mark: one biosample within one scope; or one run, as raw BCL."""

from enum import StrEnum

import msgspec


class ScopeKind(StrEnum):
    ALL = "all"
    RUN = "run"
    PROJECT = "project"


class Scope(msgspec.Struct, frozen=True):
    """Under which list a biosample was ticked, and so which of its datasets are meant.

    Under run R: its FASTQ of run R. Under project P: its FASTQ datasets owned by P. All: every one.
    """

    kind: ScopeKind = ScopeKind.ALL
    id: str = ""
    name: str = ""


class Mark(msgspec.Struct, frozen=True, gc=False, tag="biosample", tag_field="mark"):
    """A biosample that is to be imported as FASTQ."""

    id: str
    name: str
    scope: Scope = Scope()

    @property
    def key(self) -> tuple[str, ...]:
        return ("biosample", self.id, self.scope.kind, self.scope.id)

    @property
    def selector(self) -> str:
        """The same, for the command line: `biosample:X@run:R`."""
        if self.scope.kind is ScopeKind.ALL:
            return f"biosample:{self.id}"
        return f"biosample:{self.id}@{self.scope.kind}:{self.scope.id}"


class RunMark(msgspec.Struct, frozen=True, tag="run", tag_field="mark"):
    """A run that is to be imported as raw BCL, alone."""

    id: str
    name: str

    @property
    def key(self) -> tuple[str, ...]:
        return ("run", self.id)

    @property
    def selector(self) -> str:
        return f"run:{self.id}"


AnyMark = Mark | RunMark
