"""What the proof of completeness costs: a HiSeq run of 207 000 small files, at most 20 s.

Run by hand: python -m tests.benchmarks.completeness [FOLDER] (kept there for the next time).
"""

import gzip
import os
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bstui.runs.choice import Choice
from bstui.runs.proof import prove_run

LANES, CYCLES, CLUSTERS, SECONDS = 8, 268, 1000, 20.0
TILES = [1000 * s + 100 * w + t for s in (1, 2) for w in (1, 2, 3) for t in range(1, 17)]
RUN_INFO = (
    f'<RunInfo><Run Id="r"><Reads><Read Number="1" NumCycles="{CYCLES}" IsIndexedRead="N"/></Reads>'
    f'<FlowcellLayout LaneCount="{LANES}" SurfaceCount="2" SwathCount="3" TileCount="16"/></Run>'
    "</RunInfo>"
)


def write_run(root: Path) -> None:
    calls = gzip.compress(struct.pack("<I", CLUSTERS) + os.urandom(CLUSTERS), 1)
    for lane in range(1, LANES + 1):
        base = root / f"Data/Intensities/BaseCalls/L{lane:03}"
        places = root / f"Data/Intensities/L{lane:03}"
        for folder in (base, places, *(base / f"C{cycle}.1" for cycle in range(1, CYCLES + 1))):
            folder.mkdir(parents=True)
        for tile in TILES:
            passing = struct.pack("<III", 0, 3, CLUSTERS) + b"\1" * CLUSTERS
            (base / f"s_{lane}_{tile}.filter").write_bytes(passing)
            found = struct.pack("<IfI", 1, 1.0, CLUSTERS) + bytes(8 * CLUSTERS)
            (places / f"s_{lane}_{tile}.locs").write_bytes(found)
            for cycle in range(1, CYCLES + 1):
                (base / f"C{cycle}.1" / f"s_{lane}_{tile}.bcl.gz").write_bytes(calls)
    (root / "RTAComplete.txt").write_text("done")
    (root / "RunInfo.xml").write_text(RUN_INFO)


def listed(root: Path) -> Iterator[tuple[str, int]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), os.path.getsize(path)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(sys.argv[1] if len(sys.argv) > 1 else scratch) / "run"
        if not (root / "RunInfo.xml").exists():
            write_run(root)
        files = list(listed(root))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun, cpu = time.perf_counter(), time.process_time()
        proof = prove_run(root, files, Choice())
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
        print(f"{len(files):,} files: {proof.text}")
        print(f"{seconds:.1f} s, {seconds / SECONDS:.2f} of what is allowed; {cpu:.1f} s of CPU")
        print(f"{grown:.0f} MB more than with the list of files alone")


if __name__ == "__main__":
    main()
