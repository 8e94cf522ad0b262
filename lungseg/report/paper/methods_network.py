"""Methods: the network, and what its weights were before the training."""

from __future__ import annotations

import inspect
from typing import Any

from lungseg.arguments.networks import check_unet
from lungseg.report.paper.prose import Code, Paragraph, Piece
from lungseg.report.paper.source import NOT_RECORDED, Source, short
from lungseg.report.paper.study import Study
from lungseg.report.paper.words import TARGET, node_of, of_class
from lungseg.runs.lineage import INIT
from lungseg.runs.provenance import PROVENANCE

UNET = "lungseg.models.unet.UNet"
NORMS = {
    "batch": "batch normalisation",
    "instance": "instance normalisation",
    "group": "group normalisation",
}
OPTIONS = ("norm", "max_channels", "residual", "deep_supervision")
"""Arguments of the U-Net that change how it is built, and have defaults."""


def network(study: Study) -> Paragraph:
    """The network, its size and what its weights were before the training."""
    source = study.first
    pieces: list[Piece] = ["The network was ", *of_class(source, "model"), "; it had "]
    if study.parameters == NOT_RECORDED:
        pieces += ["a number of parameters that is not recorded. "]
    else:
        pieces += [f"{study.parameters} parameters. "]
    pieces += _built(source)
    if source.value(PROVENANCE, f"{INIT}_sha256"):
        sha256 = source.text(PROVENANCE, f"{INIT}_sha256", form=short)
        pieces += [f"It started from the weights of a checkpoint (SHA-256 {sha256})"]
        for key, words in (("freeze", "parameters that stayed as they were"),
                           ("lr_scale", "factors of the learning rate")):  # fmt: skip
            if source.config(key):
                pieces += [f", {words}: {source.setting(key)}"]
        pieces += ["."]
    else:
        pieces += [f"Its weights were {initialised(source)}."]
    return Paragraph("Network", pieces)


def initialised(source: Source) -> str:
    """How weights that no checkpoint gave were drawn."""
    if source.config("model", TARGET) != UNET:
        return "initialised at random, as its class does"
    return (
        "initialised at random by the defaults of PyTorch: weights and biases of convolutions"
        " uniformly between plus and minus the reciprocal square root of the fan-in, normalisation"
        " as the identity"
    )


def _built(source: Source) -> list[Piece]:
    """What the U-Net's arguments mean, also those that the configuration leaves at defaults."""
    if source.config("model", TARGET) != UNET:
        return []
    defaults = inspect.signature(check_unet).parameters
    chosen: dict[str, Any] = {name: defaults[name].default for name in OPTIONS}
    chosen |= node_of(source, "model")
    limit = "were not limited"
    if chosen["max_channels"] is not None:
        limit = f"were limited to {source.setting('model', 'max_channels')}"
    pieces: list[Piece] = [
        f"Normalisation was {NORMS.get(chosen['norm'], chosen['norm'])} (",
        Code("model.norm"), f"), all convolutions had biases, and channels {limit} (",
        Code("model.max_channels"), "). ",
    ]  # fmt: skip
    if chosen["residual"]:
        pieces += ["Blocks added their input to their result (", Code("model.residual"), "). "]
    if chosen["deep_supervision"]:
        pieces += ["Coarser levels of the way up had outputs of their own in training (",
                   Code("model.deep_supervision"), "). "]  # fmt: skip
    return pieces
