"""What goes wrong in answers of the API: errors, spoiled bodies, lists that do not add up."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Burst:
    """Answers that are an error."""

    status: int
    retry_after: str = ""
    """The Retry-After header's text; empty: none is sent."""
    html: bool = False
    """With a gateway's page instead of the service's own body."""


@dataclass(frozen=True)
class Spoiling:
    """What is done to an answer of the API that would else be right."""

    seconds: float = 0.0
    """To wait before it."""
    keep: int | None = None
    """Bytes of the body that are sent; the rest is missing."""
    body: str | None = None
    """To send instead of its own."""
    kind: str = "application/json"
    """The content type of that."""
    total_by: int = 0
    """Added to a list's TotalCount."""
    no_total: bool = False
    shrink: int = 0
    """Items at its head that have left the list by its second page."""
    cap: int | None = None
    """Items of a page at most, whatever is asked for."""
    repeat: bool = False
    """Every page is the first."""


@dataclass
class ApiRule:
    """A fault for requests whose path matches, after the first `skip` of them, so many times."""

    what: Burst | Spoiling
    route: re.Pattern[str]
    skip: int
    times: int

    def take(self, path: str) -> bool:
        """Whether it applies to a request; then one time is used."""
        if self.times <= 0 or not self.route.search(path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True
