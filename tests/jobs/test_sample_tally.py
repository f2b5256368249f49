"""How far samples are, whatever order their files end in."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bstui.jobs.events import EventLog
from bstui.jobs.folder import create_job
from bstui.jobs.records import FORMAT, FileDone, FileFailed, PlanFile, PlanHeader
from bstui.jobs.sample_tally import SampleTally

FILES = [
    PlanFile(id=str(n), name=f"f{n}", path=f"f{n}", size=10 + n, sample="ABC"[n % 3])
    for n in range(9)
]


def header(samples: int) -> PlanHeader:
    return PlanHeader(
        format=FORMAT,
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV",
        name="job",
        created=0.0,
        profile="robin",
        region="other",
        identity_id="1",
        identity="Robin",
        destination="/nowhere",
        files=len(FILES),
        bytes=sum(file.size for file in FILES),
        samples=samples,
    )


@given(st.lists(st.lists(st.tuples(st.integers(0, 8), st.booleans())), max_size=3))
def test_the_last_news_of_each_file_counts(attempts: list[list[tuple[int, bool]]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = create_job(Path(place), header(3), FILES)
        tally = SampleTally(folder)
        last: dict[int, bool] = {}
        for attempt, news in enumerate(attempts, 1):
            log = EventLog(folder.claim(attempt))
            for number, is_done in news:
                file = FILES[number]
                if is_done:
                    log.write(
                        FileDone(
                            time=0.0, id=file.id, path=file.path, size=file.size, verified="etag"
                        )
                    )
                else:
                    log.write(FileFailed(time=0.0, id=file.id, path=file.path, message="no"))
                last[number] = is_done
            log.close()
            states = {state.name: state for state in tally.refresh()}
            for name, state in states.items():
                own = [n for n in range(9) if FILES[n].sample == name]
                done = [n for n in own if last.get(n)]
                assert state.files == 3
                assert state.files_done == len(done)
                assert state.bytes_done == sum(FILES[n].size for n in done)
                assert state.files_failed == sum(last.get(n) is False for n in own)
                assert (state.text == "done") is (len(done) == 3)


def test_a_raw_run_has_no_samples(tmp_path: Path) -> None:
    folder = create_job(tmp_path, header(0), [PlanFile(id="1", name="a", path="a", size=1)])
    assert SampleTally(folder).refresh() == []
