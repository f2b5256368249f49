"""The JSON of runs: v1's and v2's differ in nearly every field."""

from bstui.simulator.account import Run
from bstui.simulator.bodies import V1, Json, stamp, user_body
from bstui.simulator.reads import INDEX_CYCLES


def v1_run_body(run: Run) -> Json:
    cell = run.cell
    return {
        "Id": run.id,
        "Href": f"{V1}/runs/{run.id}",
        "Name": run.name,
        "Number": cell.number,
        "ExperimentName": run.experiment,
        "Status": run.status,
        "ReagentBarcode": f"MS{run.id}-600V3",
        "FlowcellBarcode": cell.barcode,
        "DateCreated": stamp(run.created),
        "DateModified": stamp(run.created),
        "UserOwnedBy": user_body(run.owner, V1),
        "UserUploadedBy": user_body(run.owner, V1),
        "TotalSize": run.size,
        "PlatformName": run.platform,
        "Workflow": "Generate FASTQ",
        "Instrument": {
            "InstrumentId": 4155151,
            "Name": cell.instrument,
            "SerialNumber": cell.instrument,
        },
        "InstrumentName": cell.instrument,
        "InstrumentType": run.instrument_type,
        "NumCyclesRead1": 0,
        "NumCyclesRead2": 0,
        "NumCyclesIndex1": 0,
        "NumCyclesIndex2": 0,
        "HasCollaborators": bool(run.readers),
        "IsArchived": run.is_archived,
        "IsZipping": False,
        "IsZipped": False,
        "IsUnzipping": False,
        "SequencingStats": stats_body(run, V1),
        "LaneAndQcStatus": "QcPassed",
        "LimsStatus": "NoLims",
        "DateInstrumentStarted": stamp(run.created),
    }


def v2_run_body(run: Run, root: str) -> Json:
    cell = run.cell
    return {
        "Id": run.id,
        "Name": run.name,
        "ExperimentName": run.experiment,
        "DateCreated": stamp(run.created),
        "DateModified": stamp(run.created),
        "Status": run.status,
        "UserOwnedBy": user_body(run.owner, root),
        "Instrument": {
            "Id": 4155151,
            "Name": cell.instrument,
            "Number": cell.number,
            "Type": run.instrument_type,
            "PlatformName": run.platform,
        },
        "InstrumentRunStatus": "Completed" if run.upload_status == "Completed" else "Running",
        "FlowcellBarcode": cell.barcode,
        "LaneAndQcStatus": "QcPassed",
        "Workflow": "Generate FASTQ",
        "SampleSheetName": "SampleSheet.csv",
        "TotalSize": run.size,
        "UserUploadedBy": user_body(run.owner, root),
        "UploadStatus": run.upload_status,
        "DateUploadStarted": stamp(run.created),
        "IsArchived": run.is_archived,
        "IsZipping": False,
        "IsZipped": False,
        "IsUnzipping": False,
        "Href": f"{root}/runs/{run.id}",
        "HrefFiles": f"{root}/runs/{run.id}/files",
        "HasFilesInIca": False,
        "V1Pre3Id": run.id,
    }


def stats_body(run: Run, root: str) -> Json:
    """The few sequencing statistics that follow from the flow cell itself."""
    cell = run.cell
    clusters = cell.lanes * len(cell.tiles) * cell.clusters
    passing = sum(
        cell.tile(lane, number).passing.count(1)
        for lane in range(1, cell.lanes + 1)
        for number in cell.tiles
    )
    reads = len(cell.reads)
    return {
        "Href": f"{root}/runs/{run.id}/sequencingstats",
        "IsIndexed": True,
        "NumCyclesIndex1": INDEX_CYCLES,
        "NumCyclesIndex2": INDEX_CYCLES,
        "NumCyclesRead1": cell.read_length,
        "NumCyclesRead2": cell.read_length if cell.is_paired else 0,
        "NumLanes": cell.lanes,
        "NumReads": reads,
        "PercentGtQ30": 81.25,
        "PercentPf": round(passing / clusters, 6),
        "ReadsPfTotal": passing * reads,
        "ReadsTotal": clusters * reads,
        "YieldTotal": clusters * cell.cycles / 1e9,
        "Clusters": clusters,
        "ClustersPf": passing,
    }
