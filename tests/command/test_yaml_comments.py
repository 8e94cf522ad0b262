"""Comments above keys, behind values, and at the head of a file."""

from lungseg.command.yaml_comments import comments, first_text

TEXT = """\
# The head,
# two lines of it.
plain: 1 # behind
quoted: "a # b" # behind quotes
flow: [1, {a: 2}] # behind a list
# above
# and below that
both: null # and behind
node: # of a node
  inner: x # of a key within
  # above a key within
  other: y
items: # of items
  - 1 # of an item: not of a key
last: 'no # comment'
text: |-
  # no comment
"""


def test_what_is_said_of_what():
    assert comments(TEXT) == {
        (): "The head, two lines of it.",
        ("plain",): "behind",
        ("quoted",): "behind quotes",
        ("flow",): "behind a list",
        ("both",): "above and below that and behind",
        ("node",): "of a node",
        ("node", "inner"): "of a key within",
        ("node", "other"): "above a key within",
        ("items",): "of items",
    }


def test_files_that_say_nothing():
    assert comments("") == {}
    assert comments("# alone") == {(): "alone"}
    assert comments("a: 1\n") == {}


def test_the_first_folder_counts(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_text(f"from: {name}")
    (tmp_path / "b" / "y.yaml").write_text("only: b")
    folders = [tmp_path / "a", tmp_path / "b"]
    assert first_text(folders, "x.yaml") == "from: a"
    assert first_text(folders, "y.yaml") == "only: b"
    assert first_text(folders, "z.yaml") == ""
