"""The JSON of biosamples, libraries and FASTQ datasets; sizes are bytes."""

from bstui.simulator.account import Biosample, Dataset, Storage
from bstui.simulator.bodies import V1, Json, project_body, stamp, user_body
from bstui.simulator.session_bodies import session_body


def biosample_body(biosample: Biosample, root: str, size: int) -> Json:
    project = biosample.project
    return {
        "Id": biosample.id,
        "Href": f"{root}/biosamples/{biosample.id}",
        "UserOwnedBy": user_body(project.owner, root),
        "BioSampleName": biosample.name,
        "DefaultProject": project_body(project, root, size),
        "DateModified": stamp(biosample.created),
        "DateCreated": stamp(biosample.created),
        "Status": biosample.status,
        "LabStatus": biosample.lab_status,
    }


def library_body(biosample: Biosample, root: str, size: int) -> Json:
    """A library, with the size in bytes of its project."""
    library, project = biosample.library, biosample.project
    return {
        "Id": library.id,
        "Href": f"{root}/libraries/{library.id}",
        "Name": biosample.name,
        "DateCreated": stamp(biosample.created),
        "DateModified": stamp(biosample.created),
        "Status": "Active",
        "BioSample": biosample_body(biosample, root, size),
        "LibraryPrep": {
            "Id": "1014015",
            "Href": f"{V1}/libraryprepkits/1014015",
            "Name": "Unknown",
            "ValidIndexingStrategies": "None,SingleIndex,DualIndex",
            "ValidReadTypes": "SingleRead,PairedEnd",
            "NumIndexCycles": 0,
            "DateModified": stamp(biosample.created),
            "State": "Active",
            "DefaultRead1Cycles": 0,
            "DefaultRead2Cycles": 0,
        },
        "Project": project_body(project, root, size),
        "Biomolecule": "Undefined",
        "Index1": index_body(library.id, 1, library.indexes[0]),
        "Index1Sequence": library.indexes[0],
        "Index2": index_body(library.id, 2, library.indexes[1]),
        "Index2Sequence": library.indexes[1],
        "UserOwnedBy": user_body(project.owner, root),
    }


def index_body(library: str, number: int, sequence: str) -> Json:
    """The first or second index of a library."""
    name = f"{library}{number}"
    return {"Id": name, "Name": name[-4:], "Sequence": sequence, "Incompatibility": "None"}


def dataset_body(dataset: Dataset, root: str, project_size: int) -> Json:
    cell, project = dataset.run.cell, dataset.project
    href = f"{root}/datasets/{dataset.id}"
    return {
        "Id": dataset.id,
        "Href": href,
        "HrefFiles": f"{href}/files",
        "Name": dataset.name,
        "DateCreated": stamp(dataset.created),
        "DateModified": stamp(dataset.created),
        "AppSession": session_body(dataset.session, root),
        "Project": project_body(project, root, project_size),
        "TotalSize": dataset.size,
        "IsArchived": dataset.is_archived,
        "UserOwnedBy": user_body(project.owner, root),
        "DatasetType": dataset_type_body(root),
        "Attributes": {
            "common_fastq": {
                "MaxLengthRead1": cell.insert_cycles[0],
                "MaxLengthRead2": cell.insert_cycles[1],
                "IsPairedEnd": cell.is_paired,
                "TotalClustersPF": dataset.clusters,
                "TotalClustersRaw": dataset.clusters,
                "TotalReadsPF": dataset.clusters * (2 if cell.is_paired else 1),
                "TotalReadsRaw": dataset.clusters * (2 if cell.is_paired else 1),
                "MaxLengthIndexRead1": cell.index_cycles[0],
                "MaxLengthIndexRead2": cell.index_cycles[1],
            }
        },
        "QcStatus": dataset.qc_status,
        "QcStatusSummary": "No thresholds were evaluated",
        "UploadStatus": dataset.upload_status,
        "UploadStatusSummary": "",
        "ValidationStatus": "Passed",
        "V1pre3Id": f"sample.{dataset.sample.id}",
        "HrefComments": f"{href}/comments",
        "ContainsComments": False,
    } | _seldom(dataset)


def _seldom(dataset: Dataset) -> Json:
    states = {
        "IsFileDataDeleted": dataset.storage is Storage.FILES_DELETED,
        "IsTransferPending": dataset.is_transfer_pending,
    }
    return {name: True for name, is_so in states.items() if is_so}


_TYPES = {
    "illumina.fastq.v1.8": ("Illumina Fastq", ["common.files", "common.fastq"]),
    "common.fastq": ("Fastq", ["common.files"]),
    "common.files": ("Files", []),
}


def dataset_type_body(root: str, name: str = "illumina.fastq.v1.8") -> Json:
    title, conforms = _TYPES[name]
    href = f"{root}/datasettypes/{name}"
    return {"Id": name, "Href": href, "Name": title, "ConformsToIds": conforms}
