"""The engine with a store that behaves."""

from bstui.transfer.items import Limits
from tests.transfer.bench import Bench
from tests.transfer.store import MIB, make_bytes


async def test_files_of_all_sizes_arrive_whole_and_proven(bench: Bench) -> None:
    bench.store.put("empty.txt", b"")
    bench.store.put("small.fastq.gz", make_bytes(70_001))
    bench.store.put("plain.fastq.gz", make_bytes(3 * MIB + 5, 2))
    bench.store.put("deep.fastq.gz", make_bytes(16 * MIB + 77, 3), 5 * MIB)
    await bench.run()
    bench.check()
    assert not bench.heard.failures
    assert bench.heard.done_files["empty.txt"][0] == "etag"
    assert bench.heard.done_files["plain.fastq.gz"][0] == "etag"
    assert bench.heard.done_files["deep.fastq.gz"] == ("multipart etag", "")
    for name in bench.store.objects:
        assert bench.store.sent(name) == len(bench.store.objects[name].data)


async def test_many_small_files_in_folders(bench: Bench) -> None:
    for i in range(600):
        bench.store.put(f"f{i}", make_bytes(100 + i, i))
    items = [bench.item(f"f{i}", f"a/b{i % 7}/f{i}") for i in range(600)]
    engine = await bench.run(items, limits=Limits(files=8, parts=1))
    assert len(bench.heard.done_files) == 600
    assert engine.snapshot().files_done == 600
    assert not list(bench.destination.rglob("*.partial*"))
    assert (bench.destination / "a/b3/f3").read_bytes() == bench.store.objects["f3"].data
