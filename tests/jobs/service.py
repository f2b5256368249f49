"""A service with one biosample, for states that the simulated laboratory does not have."""

from collections.abc import Collection, Sequence

from tests.basespace.server import Answer, Question, Reply

Json = dict[str, object]


def a_dataset(lane: int) -> Json:
    """The body of a dataset `ds.<lane>` of biosample 1, of run 11."""
    run = {"Name": "Input.Runs", "RunItems": [{"Id": "11", "Name": "R"}]}
    lanes = {
        "Name": "BaseSpace.Metrics.FastQ",
        "ContentMap": [{"Key": "LaneNumber", "Values": [str(lane)]}],
    }
    biosample = {"Name": "Input.BioSamples", "BioSampleItems": [{"Id": "1", "BioSampleName": "B"}]}
    return {
        "Id": f"ds.{lane}",
        "Name": f"B_L00{lane}",
        "Project": {"Id": "5", "Name": "P"},
        "TotalSize": 1000,
        "DateCreated": "2026-01-12T09:30:00.0000000Z",
        "Properties": {"Items": [run, lanes, biosample]},
    }


def answer_for(
    datasets: Sequence[Json], *, size: int = 500, archived: Collection[str] = (), name: str = ""
) -> Answer:
    """Answers a planner: two files for each dataset, `name` before theirs."""

    def answer(question: Question) -> Reply:
        match question.path.strip("/").split("/"):
            case [_, "users", "current"]:
                return Reply({"Id": "17", "Name": "Ada"})
            case [_, "biosamples", "1"]:
                return Reply({"Id": "1", "BioSampleName": "B"})
            case [_, "datasets"]:
                return Reply(_page(question, datasets))
            case [_, "datasets", dataset, "files"]:
                lane = dataset.removeprefix("ds.")
                names = [f"{name}B_S1_L00{lane}_{read}_001.fastq.gz" for read in ("R1", "R2")]
                files = [
                    {
                        "Id": f"{lane}{number}",
                        "Name": file,
                        "Path": file,
                        "Size": size,
                        "IsArchived": any(read in file for read in archived),
                    }
                    for number, file in enumerate(names)
                ]
                return Reply(_page(question, files))
            case [_, "files", _, "content"]:
                address = {"HrefContent": "http://127.0.0.1:9/x", "SupportsRange": True}
                return Reply({"Response": address} if "v1" in question.path else address)
            case _:
                return Reply({}, 404)

    return answer


def _page(question: Question, items: Sequence[Json]) -> Json:
    query = {key.lower(): value for key, value in question.query.items()}
    offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
    shown = items[offset : offset + limit]
    paging = {"DisplayedCount": len(shown), "TotalCount": len(items), "Limit": limit}
    return {"Items": list(shown), "Paging": paging}
