"""The biosamples of a run, by all that tells them: its own list, its lanes and its datasets."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing

from bstui.basespace.listings import Listing
from bstui.basespace.models import Biosample
from bstui.basespace.run_census import IN_DATASETS, LISTED, ON_LANES, Census
from bstui.errors import AccessProblem, Gone, NotLoggedIn, ServerFault

Ask = Callable[[], Awaitable[Sequence[Biosample]]]


class RunBiosamples(Listing[Biosample]):
    """The run's own list as it comes, then whom only the other answers name.

    Where the answers do not agree `notes` says so at the end. Where none of them comes, the error
    of the first is raised.
    """

    def __init__(self, listed: Listing[Biosample], on_lanes: Ask, in_datasets: Ask) -> None:
        super().__init__(listed.fetch, listed.limit)
        self._on_lanes = on_lanes
        self._in_datasets = in_datasets
        self._own: list[Biosample] = []
        """What the run's own list has given so far."""
        self._is_own_through = False

    async def pages(self) -> AsyncGenerator[tuple[Biosample, ...], None]:
        census = Census()
        own = self._own
        try:
            if not self._is_own_through:
                async with aclosing(super().pages()) as pages:
                    async for page in pages:
                        own += page
                        yield page
                self._is_own_through = True
        except NotLoggedIn:
            raise
        except (AccessProblem, Gone, ServerFault) as error:
            if own:
                raise
            census.refuse(LISTED, error)
        census.count(LISTED, own)
        for name, ask in ((ON_LANES, self._on_lanes), (IN_DATASETS, self._in_datasets)):
            census.count(name, await census.ask(name, ask))
        if len(census.refusals) == _ANSWERS:
            raise census.refusals[0]
        census.differences.clear()  # answers that did not come are no matter while others do
        census.compare()
        more = tuple(b for key, b in census.known.items() if b.id and key not in self._seen)
        nameless = [b.name for b in census.known.values() if not b.id]
        if nameless:
            census.differences.append(
                f"Of {len(nameless):,} on its lanes only the name is told, {nameless[0]} first: "
                "they cannot be chosen here."
            )
        self.notes += census.differences
        if more:
            self._seen.update(b.id for b in more)
            self.loaded += len(more)
            self.total = self.loaded
            yield more


_ANSWERS = 3
