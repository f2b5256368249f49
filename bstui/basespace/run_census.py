"""What the answers say of a run's biosamples, compared: none of them is sure to be whole.

`Input.BioSamples` may be missing, `lanelibrarymappings` may not be there, and datasets of projects
that cannot be read are not listed (BaseSpace API §5.1, §5.4, §9.1).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from bstui.basespace.models import Biosample, Dataset
from bstui.errors import AccessProblem, BstuiError, Gone, NotLoggedIn, ServerFault

LISTED = "the run's list (Input.BioSamples)"
ON_LANES = "the list of its lanes (lanelibrarymappings)"
IN_DATASETS = "its FASTQ datasets"
_NAMED = 3
"""Names that a sentence holds before it counts the rest."""


class Census:
    """The biosamples that the answers name: one entry for each, whoever names it."""

    def __init__(self) -> None:
        self.known: dict[str, Biosample] = {}
        """By id, or by `name:` where no answer gives one."""
        self.differences: list[str] = []
        self.refusals: list[BstuiError] = []
        """Of the answers that did not come."""
        self._named: dict[str, set[str]] = {}
        """By answer."""

    async def ask(
        self, answer: str, call: Callable[[], Awaitable[Sequence[Biosample]]]
    ) -> Sequence[Biosample]:
        """Whom a call names; where it is refused that is told, and the others must do."""
        try:
            return await call()
        except NotLoggedIn:
            raise
        except (AccessProblem, Gone, ServerFault) as error:
            self.refuse(answer, error)
            return []

    def refuse(self, answer: str, error: BstuiError) -> None:
        self.refusals.append(error)
        self.differences.append(f"{_sentence(answer)} cannot be had: {error.message}")

    def count(self, answer: str, biosamples: Iterable[Biosample]) -> set[str]:
        """Take down whom an answer names; their keys."""
        named: set[str] = set()
        for biosample in biosamples:
            for key in self._keys_of(biosample):
                named.add(key)
                self.known[key] = _joined(self.known.get(key), biosample)
        self._named[answer] = named
        return named

    def _keys_of(self, biosample: Biosample) -> list[str]:
        if biosample.id:
            return [biosample.id]
        same = [key for key, other in self.known.items() if other.name == biosample.name]
        return same or [f"name:{biosample.name}"]

    def compare(self) -> None:
        """Tell what answers name and others lack; datasets lack what cannot be read anyway."""
        answered = {answer: keys for answer, keys in self._named.items() if keys}
        for answer, keys in answered.items():
            others = set().union(*(k for other, k in answered.items() if other != answer))
            lacking = [self.known[key].name or key for key in self.known if key in others - keys]
            if lacking and answer != IN_DATASETS:
                self.differences.append(f"{_sentence(answer)} lacks {_some(lacking)}.")


def _joined(one: Biosample | None, other: Biosample) -> Biosample:
    """What two answers say of a biosample: lanes name the project that FASTQ goes to."""
    if one is None:
        return other
    project = other.project or one.project
    owners = [b.project_owner for b in (other, one) if b.project == project and b.project_owner]
    return msgspec.structs.replace(
        one, name=one.name or other.name, project=project, project_owner="".join(owners[:1])
    )


def biosamples_of(datasets: Iterable[Dataset]) -> list[Biosample]:
    """Whose reads the datasets hold; of those that no index claimed, nobody's."""
    return [
        Biosample(
            id=named.id, name=named.name, project_id=dataset.project_id, project=dataset.project
        )
        for dataset in datasets
        if not dataset.is_unindexed
        for named in dataset.biosamples
    ]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _sentence(answer: str) -> str:
    return answer[0].upper() + answer[1:]
