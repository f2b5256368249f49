"""The JSON of biosamples, libraries and FASTQ datasets; sizes are bytes."""

from bstui.simulator.account import Biosample, Dataset, Session, Storage
from bstui.simulator.bodies import V1, Json, project_body, stamp, user_body


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
            "State": "Active",
        },
        "Project": project_body(project, root, size),
        "Biomolecule": "Undefined",
        "Index1Sequence": library.indexes[0],
        "Index2Sequence": library.indexes[1],
        "UserOwnedBy": user_body(project.owner, root),
    }


def session_body(session: Session, dataset: Dataset, root: str) -> Json:
    return {
        "Id": session.id,
        "Name": session.name,
        "Href": f"{root}/appsessions/{session.id}",
        "Application": {
            "Id": "2313311",
            "Href": f"{V1}/applications/2313311",
            "Name": "FASTQ Generation",
            "CompanyName": "Illumina",
            "VersionNumber": "1.0.0",
            "AppFamilySlug": "illumina.fastq-generation",
            "AppVersionSlug": "illumina.fastq-generation.1.0.0",
        },
        "UserCreatedBy": user_body(dataset.project.owner, root),
        "ExecutionStatus": "Complete",
        "QcStatus": "Undefined",
        "StatusSummary": "Application completed successfully",
        "Purpose": "AppTrigger",
        "DateCreated": stamp(session.created),
        "DateModified": stamp(session.created),
        "DateCompleted": stamp(session.created),
        "DateStarted": stamp(session.created),
        "DeliveryStatus": "None",
        "ContainsComments": False,
        "HrefComments": f"{root}/appsessions/{session.id}/comments",
        "TotalSize": session.size,
    }


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
        "AppSession": session_body(dataset.session, dataset, root),
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


def dataset_type_body(root: str) -> Json:
    return {
        "Id": "illumina.fastq.v1.8",
        "Href": f"{root}/datasettypes/illumina.fastq.v1.8",
        "Name": "Illumina Fastq",
        "ConformsToIds": ["common.files", "common.fastq"],
    }
