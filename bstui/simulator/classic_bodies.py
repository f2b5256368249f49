"""The JSON of v1's classic model: samples with their library, and what a file belongs to."""

from bstui.simulator.account import Biosample, Dataset, Result, Sample, StoredFile
from bstui.simulator.bodies import ITEMS_SHOWN, V1, Json, property_body, stamp, user_body
from bstui.simulator.run_bodies import v1_run_body
from bstui.simulator.sample_bodies import index_body
from bstui.simulator.session_bodies import v1_session_body

_GENOME: Json = {
    "Id": "4",
    "DisplayName": "Homo sapiens - UCSC (hg19)",
    "SpeciesName": "Homo sapiens",
    "Source": "UCSC",
    "Build": "hg19",
    "Href": f"{V1}/genomes/4",
    "HrefAnnotations": f"{V1}/genomes/4/annotations",
}
_KIT: Json = {
    "Id": "1014015",
    "Href": f"{V1}/libraryprepkits/1014015",
    "Name": "Unknown",
    "ValidIndexingStrategies": "None,SingleIndex,DualIndex",
    "ValidReadTypes": "SingleRead,PairedEnd",
    "NumIndexCycles": 0,
    "State": "Active",
    "DefaultRead1Cycles": 0,
    "DefaultRead2Cycles": 0,
}


def sample_body(sample: Sample, project: Json) -> Json:
    """A sample as listed; `Library.BiologicalSample.Id` is the biosample's under v2."""
    first = sample.datasets[0]
    cell = first.run.cell
    clusters = sum(dataset.clusters for dataset in sample.datasets)
    reads = clusters * (2 if cell.is_paired else 1)
    body: Json = {
        "Id": sample.id,
        "Href": f"{V1}/samples/{sample.id}",
        "IsMerged": False,
        "UserOwnedBy": user_body(first.project.owner, V1),
        "Name": first.line.name,
        "ExperimentName": first.run.experiment,
        "SampleId": first.line.name,
        "Status": "Complete",
        "StatusSummary": "Application completed successfully",
        "DateCreated": stamp(first.created),
        "TotalSize": sum(dataset.size for dataset in sample.datasets),
        "Genome": _GENOME,
        "Read1": cell.insert_cycles[0],
        "Read2": cell.insert_cycles[1],
        "IsPairedEnd": cell.is_paired,
        "NumReadsRaw": clusters,
        "NumReadsPF": clusters,
        "TotalReadsRaw": reads,
        "TotalReadsPF": reads,
        "TotalClustersRaw": clusters,
        "TotalClustersPF": clusters,
    }
    return body | ({"Library": _library(first.biosample, project)} if first.biosample else {})


def library_of(sample: Sample, project: Json) -> Json | None:
    """The library of a sample; reads that no index claims have none."""
    biosample = sample.datasets[0].biosample
    return _library(biosample, project) if biosample else None


def _library(biosample: Biosample, project: Json) -> Json:
    library, owner = biosample.library, user_body(biosample.project.owner, V1)
    named = {
        "Id": biosample.id,
        "Href": f"{V1}/biologicalsamples/{biosample.id}",
        "UserSampleId": biosample.name,
        "NucleicAcid": "Undefined",
        "Project": project,
        "UserOwnedBy": owner,
        "DateModified": stamp(biosample.created),
    }
    return {
        "OwnerUser": owner,
        "Id": library.id,
        "Href": f"{V1}/libraries/{library.id}",
        "BiologicalSample": named,
        "Index1": index_body(library.id, 1, library.indexes[0]),
        "Index2": index_body(library.id, 2, library.indexes[1]),
        "DateModified": stamp(biosample.created),
        "LibraryPrep": _KIT | {"DateModified": stamp(biosample.created)},
        "Project": project,
        "LibraryName": biosample.name,
        "State": "Active",
    }


def sample_properties(sample: Sample, most: int = ITEMS_SHOWN) -> list[Json]:
    """What a sample was made from, and its lanes."""
    href, first = f"{V1}/samples/{sample.id}", sample.datasets[0]
    texts = {"PerLaneAttributes.LaneNumbers": ",".join(str(d.lane) for d in sample.datasets)}
    for dataset in sample.datasets:
        for kind in ("PF", "Raw"):
            name = f"PerLaneAttributes.L{dataset.lane}_TotalClusters{kind}"
            texts[name] = str(dataset.clusters)
    lanes: list[Json] = [
        {
            "Type": "string",
            "Href": f"{href}/properties/{name}",
            "Name": name,
            "Description": "",
            "Content": text,
        }
        for name, text in texts.items()
    ]
    runs = [v1_run_body(first.run)]
    return [property_body(href, "run", "Input.Runs", runs, "Items", most), *lanes]


def result_body(result: Result) -> Json:
    """An app result as listed."""
    return {
        "Id": result.id,
        "Href": f"{V1}/appresults/{result.id}",
        "UserOwnedBy": user_body(result.project.owner, V1),
        "Name": result.name,
        "Status": "Complete",
        "StatusSummary": "Application completed successfully",
        "DateCreated": stamp(result.created),
        "TotalSize": result.size,
        "AppSession": v1_session_body(result.session),
    }


def parent_body(file: StoredFile, project: Json) -> Json:
    """What a file belongs to, under the name that v1 has for it."""
    owner = file.owner
    if isinstance(owner, Dataset):
        return {"ParentSample": sample_body(owner.sample, project)}
    if isinstance(owner, Result):
        return {"ParentAppResult": result_body(owner)}
    run = {
        "Id": owner.id,
        "Href": f"{V1}/runs/{owner.id}",
        "Name": owner.name,
        "Status": owner.status,
        "UserOwnedBy": user_body(owner.owner, V1),
    }
    return {"ParentRun": run}
