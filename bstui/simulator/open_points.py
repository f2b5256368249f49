"""Where nobody outside knows what BaseSpace does: each such point is a switch with its variants.

The first variant is the one that seems likeliest. A client has to live with every one of them.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bstui.simulator import bgzf


@dataclass(frozen=True)
class Point:
    """Something unsure, and what the service may do."""

    name: str
    variants: tuple[str, ...]
    text: str


POINTS = (
    Point("meta-token", ("free", "needed"), "whether v1pre3/meta asks for a token"),
    Point("limit-above-maximum", ("clamp", "refuse", "obey"), "a Limit that is too large"),
    Point(
        "bad-parameter",
        ("refuse", "refuse-bare", "ignore"),
        "a number that is none: 400, 400 without a body, or the default",
    ),
    Point(
        "rate-limit",
        ("none", "retry-after", "bare"),
        "more than 20 calls in a second: 429, with a Retry-After or without",
    ),
    Point("bad-token", ("401", "403"), "the status of a token that is not known"),
    Point(
        "v2-errors",
        ("response-status", "error-message", "message", "message-formatted"),
        "the shape of errors under v2",
    ),
    Point("workgroup-list", ("listed", "refused"), "whether a plain token lists its workgroups"),
    Point("workgroup-user", ("told", "plain"), "whether users/current tells a workgroup"),
    Point("archived-content", ("409", "403", "404"), "content of a file in cold storage"),
    Point("deleted-content", ("404", "410", "403"), "content of a file whose data is deleted"),
    Point("zip-names", ("lane", "folder"), "where the zip files of a zipped run are"),
    Point("bgzf-names", tuple(bgzf.NAMES), "the names of .bgzf and .bci files of NextSeq runs"),
    Point("signatures", ("by-region", "v2", "v4"), "the signature of content addresses"),
    Point(
        "token-at-store",
        ("by-redirect", "refused", "ignored"),
        "x-access-token sent on to the object store: harmless after a redirect, 403, or harmless",
    ),
    Point("proxied-content", ("streamed", "ranged", "redirected"), "content?redirect=false"),
    Point("run-file-ids", ("same", "numeric-in-v1"), "the ids of run files under v1"),
    Point("run-ids", ("numeric", "tokens"), "v2 run ids of accounts whose storage is ICA's"),
    Point("unreadable-datasets", ("hidden", "refused"), "inputruns with unreadable projects"),
    Point(
        "plain-type",
        ("conforming", "nothing", "everything"),
        "datasettypes=common.fastq without a tilde",
    ),
    Point(
        "excluded-type",
        ("unknown", "minus", "bang"),
        "whether datasettypes=-X or =!X leaves X out",
    ),
    Point("lane-index-summary", ("unknown", "answered"), "whether laneindexsummary exists"),
    Point("lane-mappings", ("answered", "unknown"), "whether lanelibrarymappings exists"),
    Point(
        "fastq-attributes",
        ("common_fastq", "illumina_fastq_v1_8"),
        "the key of a FASTQ dataset's attributes",
    ),
    Point("permission-words", ("upper", "title"), "how Permissions are spelled"),
    Point("instrument-names", ("joined", "spaced"), "NextSeq2000 or NextSeq 2000"),
)


class Choices:
    """The variant taken at each point; safe to read and set from any thread."""

    def __init__(
        self,
        chosen: Mapping[str, str] | None = None,
        tell: Callable[["Choices"], None] = lambda _: None,
    ) -> None:
        """`tell` is called after each change."""
        self._lock = threading.Lock()
        self._tell = tell
        self._chosen = {point.name: point.variants[0] for point in POINTS}
        self.choose(chosen or {})

    def __getitem__(self, name: str) -> str:
        return self._chosen[name]

    def choose(self, chosen: Mapping[str, str]) -> None:
        """Take these variants; a ValueError for a point or variant that there is not."""
        points = {point.name: point for point in POINTS}
        for name, variant in chosen.items():
            if name not in points:
                raise ValueError(f"no point is called {name}; there are {', '.join(points)}")
            if variant not in points[name].variants:
                raise ValueError(f"{name} is one of: {', '.join(points[name].variants)}")
        with self._lock:
            self._chosen |= chosen
            self._tell(self)

    def all(self) -> dict[str, str]:
        return dict(self._chosen)


def points_table() -> str:
    """The points for people: name, variants, meaning; the first variant is the usual one."""
    rows = [(point.name, " | ".join(point.variants), point.text) for point in POINTS]
    first = max(len(name) for name, _, _ in rows)
    second = max(len(variants) for _, variants, _ in rows)
    return "\n".join(
        f"{name:{first}}  {variants:{second}}  {text}" for name, variants, text in rows
    )
