"""What the files of a run folder are for."""

import pytest

from bstui.runs.kinds import Kind, is_end_marker, is_image, kind_of


@pytest.mark.parametrize(
    "path",
    [
        "Thumbnail_Images/L001/C1.1/s_1_1101_a.jpg",
        "Images/Focus/L001/x.tif",
        "Data/Intensities/x.JPG",
        "images/a.png",
    ],
)
def test_images(path: str) -> None:
    assert is_image(path)


@pytest.mark.parametrize(
    "path",
    [
        "RTAComplete.txt",
        "RTAComplete.xml",
        "CopyComplete.txt",
        "SequenceComplete.txt",
        "RunCompletionStatus.xml",
        "CompletedJobInfo.xml",
        "Basecalling_Netcopy_complete.txt",
        "RTARead1Complete.txt",
    ],
)
def test_end_markers(path: str) -> None:
    assert is_end_marker(path)
    assert not is_end_marker(f"Data/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "RunInfo.xml",
        "Data/Intensities/BaseCalls/L001/C1.1/L001_1.cbcl",
        "InterOp/ImageMetricsOut.bin",
        "Data/Intensities/BaseCalls/L001/s_1_1101.filter",
        "NotImages/x.txt",
    ],
)
def test_data(path: str) -> None:
    assert not is_image(path)
    assert not is_end_marker(path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("RunInfo.xml", Kind.DESCRIPTION),
        ("runParameters.xml", Kind.DESCRIPTION),
        ("SampleSheet_v2.csv", Kind.DESCRIPTION),
        ("Data/Intensities/BaseCalls/config.xml", Kind.DESCRIPTION),
        ("Data/Intensities/BaseCalls/SampleSheet.csv", Kind.OTHERS),
        ("Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl.gz", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.stats", Kind.OTHERS),
        ("Data/Intensities/BaseCalls/L001/C1.1/L001_1.cbcl", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/0001.bcl.bgzf", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/0001.bgzf", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/0001.bci", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001/s_1.bci", Kind.BASE_CALLS),
        ("Data/Intensities/BaseCalls/L001.zip", Kind.BASE_CALLS),
        ("Thumbnail_Images.zip", Kind.IMAGES),
        ("Data/Intensities/BaseCalls/L001/s_1_1101.filter", Kind.FILTERS),
        ("Data/Intensities/s.locs", Kind.POSITIONS),
        ("Data/Intensities/L001/s_1_1101.clocs", Kind.POSITIONS),
        ("Data/Intensities/s_1_1101_pos.txt", Kind.POSITIONS),
        ("InterOp/C1.1/TileMetricsOut.bin", Kind.METRICS),
        ("Logs/a.log", Kind.OTHERS),
        ("RTA.cfg", Kind.OTHERS),
    ],
)
def test_kinds(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind
    assert kind_of(f"/{path}") is kind
