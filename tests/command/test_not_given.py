"""Settings that must be given are named with what their YAML says, and with their neighbours."""

import pytest

from lungseg.command.not_given import not_given

YAML = "a: ??? # the first\nb: ???\nc: 1 # not asked for\nd: ??? # the last\n"
A = "data.a: must be given: data.a=VALUE (the first)"


@pytest.fixture
def folders(tmp_path):
    """Two, as Hydra searches them; the second has another option and another `mine`."""
    for number, text in enumerate((YAML, "a: ??? # never read\n")):
        (tmp_path / f"{number}" / "data").mkdir(parents=True)
        (tmp_path / f"{number}" / "data" / "mine.yaml").write_text(text)
    (tmp_path / "1" / "experiment").mkdir()
    (tmp_path / "1" / "experiment" / "ours.yaml").write_text("data:\n  b: 2\nseed: 1\n")
    (tmp_path / "1" / "experiment" / "empty.yaml").write_text("# nothing yet\ndata:\n")
    (tmp_path / "0" / "paint.yaml").write_text("runs: ??? # [DIR,DIR]\noutput: ??? # a folder\n")
    (tmp_path / "1" / "data" / "other.yaml").write_text("a: ??? # of the other\n")
    return [tmp_path / "0", tmp_path / "1"]


@pytest.mark.parametrize(
    ("key", "typed", "line"),
    [
        ("data.a", ["data=mine"], f"{A}; and data.b=VALUE, data.d=VALUE (the last)"),
        ("data.a", ["+data=mine", "data.d=1"], f"{A}; and data.b=VALUE"),
        ("data.a", ["data=mine", "data.b=1", "++data.d=2"], A),
        ("data.a", ["data=mine", "experiment=[ours,b]"], A),  # which may give the others
        ("data.a", ["data=mine", "experiment=ours"], f"{A}; and data.d=VALUE (the last)"),
        (
            "data.a",
            ["data=mine", "experiment=empty"],
            f"{A}; and data.b=VALUE, data.d=VALUE (the last)",
        ),
        ("data.a", ["data=other"], "data.a: must be given: data.a=VALUE (of the other)"),
        ("data.a", ["data=none"], "data.a: must be given: data.a=VALUE"),
        ("data.a", [], "data.a: must be given: data.a=VALUE"),
        ("runs", [], "runs: must be given: runs=VALUE ([DIR,DIR])"),
    ],
)
def test_the_line(key, typed, line, folders):
    assert not_given(key, "paint", typed, folders) == line
