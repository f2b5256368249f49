"""The JSON of runs: v1's and v2's differ in nearly every field."""

import re

from bstui.simulator.account import Run, Storage
from bstui.simulator.bodies import V1, Json, page_of, stamp, user_body
from bstui.simulator.reads import Flowcell


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
        "HrefBaseSpaceUI": page_of("run", run.id, run.experiment),
        "HasCollaborators": bool(run.readers),
        "SequencingStats": stats_body(run, V1),
        "LaneAndQcStatus": "QcPassed",
        "LimsStatus": "NoLims",
        "DateInstrumentStarted": stamp(run.created),
        "AnalysisSettings": {"ReverseComplementI5Index": False},
        **_ended(run, "DateInstrumentCompleted"),
    } | state_fields(run)


def _ended(run: Run, name: str) -> Json:
    return {name: stamp(run.created)} if run.upload_status == "Completed" else {}


def state_fields(run: Run) -> Json:
    """Where a run's data are; what is seldom is told only where it is so."""
    seldom = {
        "IsFileDataDeleted": run.storage is Storage.FILES_DELETED,
        "IsTransferPending": run.is_transfer_pending,
    }
    told: Json = {
        "IsArchived": run.is_archived,
        "IsZipping": run.storage is Storage.ZIPPING,
        "IsZipped": run.storage in (Storage.ZIPPED, Storage.UNZIPPING),
        "IsUnzipping": run.storage is Storage.UNZIPPING,
    }
    return told | {name: True for name, is_so in seldom.items() if is_so}


def v2_run_body(run: Run, root: str, name: str = "", spaced: bool = False) -> Json:
    """A run under its id `name`; `spaced` spells instruments in another way."""
    cell, has_two_sides = run.cell, run.platform == "NovaSeq"
    is_in_ica = bool(name) and name != run.id
    return {
        "Id": name or run.id,
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
            "Type": re.sub(r"(?<=[a-z])(?=\d)", " ", run.instrument_type)
            if spaced
            else run.instrument_type,
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
        **_ended(run, "DateUploadCompleted"),
        "Href": f"{root}/runs/{name or run.id}",
        "HrefFiles": f"{root}/runs/{name or run.id}/files",
        "HasFilesInIca": is_in_ica,
        "V1Pre3Id": run.id,
        **({"HrefIcaUriFiles": page_of("ica", run.token, run.name)} if is_in_ica else {}),
        **({"FlowcellPosition": run.name.rpartition("_")[2][0]} if has_two_sides else {}),
    } | state_fields(run)


_UNMEASURED = (
    *("ErrorRate", "ErrorRateR1", "ErrorRateR2", "IntensityCycle1", "NonIndexedErrorRate"),
    *("NonIndexedIntensityCycle1", "NonIndexedPercentAligned", "PercentAligned"),
    *("PercentResynthesis", "PhasingR1", "PhasingR2", "PrePhasingR1", "PrePhasingR2"),
    *("ClusterDensity", "Occupancy"),
)
"""What would need images or a reference: 0, as for what the service does not know."""
_Q30 = 81.25
"""Per cent of the calls that are made here with a quality of 30 or more."""


def stats_body(run: Run, root: str) -> Json:
    """The sequencing statistics that follow from the flow cell itself; yields are in Gbp."""
    cell = run.cell
    shared = ("PercentGtQ30", "PercentGtQ30R1", "PercentGtQ30R2", "PercentGtQ30Last10Cycles")
    cycles = ("MaxCycleCalled", "MaxCycleExtracted", "MaxCycleScored")
    first = ("MinCycleCalled", "MinCycleExtracted", "MinCycleScored")
    tiles = cell.tiles if isinstance(cell, Flowcell) else ()
    lanes = range(1, cell.lanes + 1)
    clusters = sum(cell.clusters_on(lane) for lane in lanes)
    passing = sum(cell.passing_on(lane) for lane in lanes)
    reads = len(cell.reads)
    inserts = clusters * sum(cell.insert_cycles) / 1e9
    told: Json = dict.fromkeys(_UNMEASURED, 0)
    told |= dict.fromkeys((*shared, "NonIndexedPercentGtQ30"), _Q30)
    told |= dict.fromkeys(cycles, cell.cycles) | dict.fromkeys(first, cell.cycles)
    return told | {
        "Chemistry": "Default",
        "NonIndexedYieldTotal": inserts,
        "NonIndexedProjectedTotalYield": inserts,
        "ProjectedTotalYield": clusters * cell.cycles / 1e9,
        "NumSurfaces": len({tile // 1000 for tile in tiles}),
        "NumSwathsPerLane": len({tile // 100 % 10 for tile in tiles}),
        "NumTilesPerSwath": len({tile % 100 for tile in tiles}),
        "Href": f"{root}/runs/{run.id}/sequencingstats",
        "IsIndexed": any(cell.index_cycles),
        "NumCyclesIndex1": cell.index_cycles[0],
        "NumCyclesIndex2": cell.index_cycles[1],
        "NumCyclesRead1": cell.insert_cycles[0],
        "NumCyclesRead2": cell.insert_cycles[1],
        "NumLanes": cell.lanes,
        "NumReads": reads,
        "PercentPf": round(passing / max(1, clusters), 6),
        "ReadsPfTotal": passing * reads,
        "ReadsTotal": clusters * reads,
        "YieldTotal": clusters * cell.cycles / 1e9,
        "Clusters": clusters,
        "ClustersPf": passing,
    }


def full_stats_body(run: Run, root: str) -> Json:
    """The statistics by themselves: those of each read and lane, too."""
    cell, href = run.cell, f"{root}/runs/{run.id}"
    named = {"Id": run.id, "Name": run.name, "DateCreated": stamp(run.created), "Href": href}
    reads = [
        {"ReadNumber": number, "IsIndexed": is_index, "TotalCycles": cycles, "PercentGtQ30": _Q30}
        for number, (cycles, is_index) in enumerate(cell.reads, 1)
    ]
    lanes = [lane_body(run, lane, root) for lane in range(1, cell.lanes + 1)]
    return stats_body(run, root) | {"Run": named, "Reads": reads, "Lanes": lanes}


def lane_body(run: Run, lane: int, root: str) -> Json:
    cell = run.cell
    clusters, passing = cell.clusters_on(lane), cell.passing_on(lane)
    return {
        "Id": f"{run.id}{lane}",
        "Href": f"{root}/lanes/{run.id}{lane}",
        "LaneNumber": lane,
        "Reads": clusters,
        "ReadsPf": passing,
        "PercentPf": round(passing / max(1, clusters), 6),
        "PercentGtQ30": _Q30,
        "Yield": clusters * cell.cycles / 1e9,
        "Status": "QcPassed",
    }


def sample_sheet_body(run: Run) -> Json:
    """`samplesheet`, as one client models it."""
    cell = run.cell
    lengths = [str(cycles) for cycles, is_index in cell.reads if not is_index]
    rows = [
        {
            "Lane": str(lane),
            "Sample_ID": line.name,
            "LibraryName": line.name,
            "index": line.indexes[0],
            "index2": line.indexes[1],
            "ProjectName": run.edited_project or line.project,
        }
        for lane in range(1, cell.lanes + 1)
        for line in cell.lines
    ]
    return {
        "NeedsAttention": False,
        "FormatVersion": "2",
        "HeaderSettings": [{"Key": "RunName", "Value": run.experiment}],
        "ReadSettings": [
            {"Key": f"Read{number}Cycles", "Value": cycles}
            for number, cycles in enumerate(lengths, 1)
        ],
        "Manifests": [],
        "SequencingSettings": [],
        "Applications": [{"Name": "BCLConvert", "Settings": [], "Data": rows}],
    }


def lane_index_body(run: Run, lane: int) -> Json:
    """What share of a lane's reads each index claims."""
    cell = run.cell
    total, passing = cell.clusters_on(lane), cell.passing_on(lane)
    counts = [cell.clusters_of(line, lane) for line in cell.lines]
    shares = [count / max(1, passing) for count in counts]
    return {
        "LaneNumber": lane,
        "IndexingSummary": {
            "TotalReads": total,
            "TotalPFReads": passing,
            "TotalFractionMappedReads": sum(shares),
            "MinMappedReads": min(shares, default=0),
            "MaxMappedReads": max(shares, default=0),
        },
        "IndexingCounts": [
            {
                "Id": f"{run.id}{lane}{number}",
                "Index1": line.indexes[0],
                "Index2": line.indexes[1],
                "FractionMapped": share,
                "Count": count,
                "SampleSheet": {"SampleID": line.name, "ProjectName": line.project},
            }
            for number, (line, count, share) in enumerate(
                zip(cell.lines, counts, shares, strict=True), 1
            )
        ],
    }
