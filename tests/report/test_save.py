import pytest
from matplotlib.figure import Figure

from lungseg.report.heatmaps import heatmaps
from lungseg.report.save import save


def test_the_same_figure_has_the_same_bytes(tmp_path, table, monkeypatch):
    for name in "ab":
        save(heatmaps(table), tmp_path / name, "figure")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")  # a date, if any, would differ now
    for ending in ("png", "pdf"):
        first, second = ((tmp_path / name / f"figure.{ending}").read_bytes() for name in "ab")
        assert first == second
        assert b"Date" not in first


def test_nothing_else_is_left_and_old_files_are_replaced(tmp_path):
    (tmp_path / "f.png").write_text("old")
    save(Figure(), tmp_path, "f")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["f.pdf", "f.png"]
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_after_an_error_the_old_file_is_whole(tmp_path, monkeypatch):
    (tmp_path / "f.png").write_text("old")

    def fail(self, file, **options):
        file.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save(Figure(), tmp_path, "f")
    assert [file.name for file in tmp_path.iterdir()] == ["f.png"]
    assert (tmp_path / "f.png").read_text() == "old"
