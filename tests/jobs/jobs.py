"""Plans for tests: headers and files that a planner could have written."""

from collections.abc import Iterator

from bstui.jobs.records import FORMAT, Launcher, PlanFile, PlanHeader

ID = "01J5ZV4Q8Y0000000000000001"


def make_header(
    *,
    id: str = ID,
    name: str = "Ecoli-2025-08-25",
    files: int = 3,
    size: int = 100,
    destination: str = "/data",
    launcher: Launcher = Launcher.DETACHED,
) -> PlanHeader:
    return PlanHeader(
        format=FORMAT,
        id=id,
        name=name,
        created=1_756_000_000.0,
        profile="default",
        region="use1",
        identity_id="17",
        identity="Ada",
        destination=destination,
        launcher=launcher,
        files=files,
        bytes=files * size,
    )


def make_files(count: int = 3, size: int = 100) -> Iterator[PlanFile]:
    for number in range(count):
        yield PlanFile(
            id=f"r{number}",
            name=f"s_S1_L001_R{number}_001.fastq.gz",
            path=f"p/s/s_S1_L001_R{number}_001.fastq.gz",
            size=size,
        )
