"""What ``lungseg predict`` cannot do, in one line."""

import pytest


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "model: must be given: model=outputs/<date>/<time>"),
        (("model=nothing",), "model: no such run folder or file [nothing]"),
        (("model=in/notes.md",), "model: neither a checkpoint of lungseg train nor an exported"),
        (("model=RUN", "formats=dcm"), "formats=dcm: there are seg, rtstruct, nifti, nrrd, npz"),
        (("model=RUN", "tta=mirror"), "tta=mirror: must be none or flip"),
        (("model=RUN", "on_doubt=stop"), "on_doubt=stop: must be warn or error"),
        (("model=RUN", "overwrite=2"), "overwrite=2: must be true or false"),
        (("model=RUN", "spacing_mm=3"), "spacing_mm=3: must be three numbers [z, y, x] in mm"),
        (("model=RUN", "output=in/masks"), "output=in/masks: must not be inside input, nor input"),
        (("model=RUN", "input=nowhere"), "input: no such file or folder [nowhere]"),
        (("model=RUN", "device=tpu"), "device=tpu: must be auto, cuda, mps, cpu"),
        (
            ("model=RUN", "postprocess=lung"),
            "postprocess=lung: no such option; there are auto, lungs,",
        ),
    ],
)
def test_one_line_for_what_cannot_be(words, line, refused, run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.md").write_text("no model")
    given = {"input": "in", "output": "masks"}
    given |= dict(word.split("=", 1) for word in words)
    if given.get("model") == "RUN":
        given["model"] = "run"
    shown = refused("predict", *(f"{key}={value}" for key, value in given.items()))
    assert shown.removeprefix("lungseg predict: error: ").startswith(line)
    assert not (tmp_path / "masks").exists()


def test_an_input_without_ct(refused, run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("no scan")
    line = refused("predict", "model=run", "input=in", "output=masks")
    assert line == (
        "lungseg predict: error: input: no CT in it: 1 file(s) not an image format that is read [in]"
    )
