"""Sentences of a model card that are the same for every model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NO_DEVICE = (
    "Not a medical device: for research. No diagnosis, treatment or dose may rest on its output"
    " without a qualified person who has looked at it."
)
SYNTHETIC = (
    "SYNTHETIC DATA: trained or tested on a phantom. The numbers say nothing about patients."
)
TEST_SELECTION = (
    "allow_test_selection=true: this run may have used its test set for selection. Its test numbers"
    " are not evidence."
)
NOT_TESTED = (
    "Not tested: no evaluation of these weights was found beside the checkpoint (lungseg evaluate"
    " run=RUN makes one)."
)
NO_COHORT = (
    "The prepared cases were not there when this card was written: only the ranges below, which the"
    " checkpoint recorded, are known."
)
USE = [
    "Research in lung segmentation in CT: a mask of both lungs, slice by slice, from axial slices"
    " in Hounsfield units. Every mask is to be looked at before it is used.",
    "Not intended for other organs, other modalities, or scans unlike those below.",
]
ALONE = "2-D: each slice is seen alone, without its neighbours."
NEIGHBOURS = "2-D: each slice is seen with its next neighbours as channels, and not the whole scan."
LIMITS = [
    "One structure, lung; right and left are told apart afterwards, by position.",
    "What the training masks leave out or include (airways, vessels, effusions, consolidations) the"
    " model leaves out or includes.",
]
ELSEWHERE = (
    "Known only for scans within the ranges of the training cases; elsewhere nothing was tested."
)
CONVENTIONS = [
    "Input: axial slices in HU, float32 [n, c, y, x], of any size, with the channels above; y from"
    " the patient's front to back, x from right to left. HU below -1024 are -1024. Outline, crop,"
    " resampling and neighbouring slices come before the graph, as its metadata says under input.",
    "Output: probability of lung, and the logits it comes from, [n, 1, y, x]. In label maps of"
    " lungseg 1 is the patient's right lung, 2 the left.",
    "Intervals are by case, at 95 %. Distances are between surfaces in 3-D, HD95 the larger of both"
    " directions. docs/metrics.md of lungseg defines each number.",
]
GROUPS = "Test cases only; a group of one case is not shown. Means with intervals by case."
NO_GROUPS = (
    "Not known: sex, scanner and spacing of the test cases, or their results, were not there, or no"
    " group has at least two test cases."
)
INT8 = "These numbers are of the network before it was quantized; the int8 file was not evaluated."
LICENCE = (
    "Left to the author: write here under which terms the weights may be used, and those of the"
    " data they were trained on. lungseg's own licence does not cover them."
)


FILE = "model.onnx"
"""Stands for the file, whose own name may be that of a patient or a hospital."""


def how_to(threshold: float, channels: int, code: Callable[[str, str], Any]) -> list[Any]:
    """With lungseg, and without it.

    Args:
        threshold: Of the probability.
        channels: Of the input.
        code: Makes a part of the card from a language and lines.
    """
    return [
        "With lungseg:",
        code("bash", f"lungseg predict model={FILE} input=SCANS output=MASKS"),
        "Without it, in Python with numpy and onnxruntime:",
        code(
            "python",
            "import numpy as np\n"
            "import onnxruntime\n"
            "\n"
            f'session = onnxruntime.InferenceSession("{FILE}")\n'
            f"hu = np.full((1, {channels}, 512, 512), -1000, np.float32)  # [n, c, y, x]\n"
            '(probability,) = session.run(["probability"], {"hu": hu})\n'
            f"mask = probability >= {threshold:g}",
        ),
    ]
