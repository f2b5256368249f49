"""Where sequencing happens: the people of a region, their biosamples and flow cells."""

import itertools
from collections.abc import Iterable
from datetime import datetime

from bstui.simulator.account import BROWSE, Biosample, Grant, Project, Tokens, User, moment
from bstui.simulator.builder import Builder, Instrument
from bstui.simulator.contents import Spool
from bstui.simulator.reads import Flowcell, SheetLine, make_indexes
from bstui.simulator.region import Region


class Site:
    """What a region needs to sequence something."""

    def __init__(self, region: Region, seed: int, spool: Spool) -> None:
        self.region = region
        self.builder = Builder(region, spool)
        self._seed = f"{seed} {region.code}"
        self._numbers = itertools.count(41)

    def user(self, name: str, email: str, person: User | None = None) -> User:
        created = moment("2019-03-04 08:12")
        user = User(self.region.next_id(), name, email, created, person is not None, person)
        self.region.users[user.id] = user
        return user

    def admit(self, tokens: Tokens, person: User, group: User) -> None:
        """Let the tokens of the first region act for these."""
        self.region.grants |= {
            tokens.person: Grant(person),
            tokens.workgroup: Grant(group),
            tokens.browse_only: Grant(person, (BROWSE,)),
        }

    def biosamples(self, project: Project, names: Iterable[str]) -> list[Biosample]:
        wanted = list(names)
        indexes = make_indexes(f"{self._seed} {project.name}", len(wanted))
        return self.builder.biosamples(project, wanted, indexes)

    def cell(
        self,
        machine: Instrument,
        created: datetime,
        biosamples: Iterable[Biosample] = (),
        *,
        tiles: tuple[int, ...] = (1101,),
        lanes: int = 1,
        read_length: int = 76,
        second_length: int = 0,
        is_paired: bool = True,
        clusters: int = 400,
        weights: Iterable[float] = (),
        name: str = "",
    ) -> Flowcell:
        """A flow cell with these biosamples on every lane, in the order of its sample sheet.

        The run is called as the machine does it where no name is given.
        """
        number = next(self._numbers)
        barcode = machine.barcode(self.region.key_of(f"flow cell {number}"))
        shares = itertools.chain(weights, itertools.repeat(1.0))
        lines = tuple(
            SheetLine(b.name, place, b.project.name, b.library.indexes, share)
            for (place, b), share in zip(enumerate(biosamples, 1), shares, strict=False)
        )
        return Flowcell(
            seed=self._seed,
            run_name=name or machine.run_name(created, number, barcode),
            number=number,
            instrument=machine.serial,
            barcode=barcode,
            lanes=lanes,
            tiles=tiles,
            read_length=read_length,
            second_length=second_length,
            is_paired=is_paired,
            clusters=clusters,
            lines=lines,
        )
