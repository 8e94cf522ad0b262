"""What classes that many runs use are called in a paper; others go by their own names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A class in words.

    Attributes:
        words: With an article.
        reference: Key in ``references.bib``; empty for none.
        formula: LaTeX of what it computes, with the names of its arguments.
        where: What other signs in it are.
    """

    words: str
    reference: str = ""
    formula: str = ""
    where: str = ""


_OVERLAP = r"\frac{2\sum tp + s}{\sum t + \sum p + s}"
_BCE = r"\left[\beta\,t\log p + (1-\beta)(1-t)\log(1-p)\right]"
_SUMS = (
    "N the number of pixels and s the smoothing term. In the overlap, the sums are over all pixels"
    " of a batch (reduction batch), or over those of each slice, followed by the mean over slices"
    " (reduction sample), of which those without lung may have 1 (empty one) or be left out (empty"
    " skip)"
)
KNOWN = {
    "lungseg.models.unet.UNet": Known(
        "a two-dimensional U-Net: as many halvings by max pooling as its depth, with channels"
        " doubled at each from base_channels on, transposed convolutions on the way up, skip"
        " connections, and blocks of two 3 × 3 convolutions, each followed by normalisation and"
        " ReLU",
        "ronneberger2015",
    ),
    "monai.networks.nets.UNet": Known("MONAI's residual U-Net", "monai2022"),
    "monai.networks.nets.DynUNet": Known("MONAI's DynUNet", "monai2022"),
    "monai.networks.nets.FlexibleUNet": Known("MONAI's FlexibleUNet", "monai2022"),
    "monai.networks.nets.SegResNet": Known("MONAI's SegResNet", "monai2022"),
    "monai.networks.nets.SwinUNETR": Known("MONAI's Swin UNETR", "monai2022"),
    "lungseg.losses.ComboLoss": Known(
        "the Combo loss",
        "taghanaki2019",
        rf"L = -\frac{{\alpha}}{{N}}\sum{_BCE} - (1-\alpha)\,{_OVERLAP}",
        _SUMS,
    ),
    "lungseg.losses.BCELoss": Known(
        "binary cross-entropy", "", r"L = -\frac{1}{N}\sum\left[t\log p + (1-t)\log(1-p)\right]"
    ),
    "lungseg.losses.DiceLoss": Known(
        "the soft Dice loss", "milletari2016", f"L = 1 - {_OVERLAP}", _SUMS
    ),
    "lungseg.losses.TverskyLoss": Known(
        "the Tversky loss",
        "salehi2017",
        r"L = \left(1 - \frac{\sum tp + s}{\sum tp + \alpha\sum(1-t)p + \beta\sum t(1-p) + s}"
        r"\right)^{\gamma}",
        _SUMS,
    ),
    "lungseg.losses.BoundaryLoss": Known(
        "the boundary loss",
        "kervadec2019",
        r"L = R + w\,\frac{1}{N}\sum p\,\varphi",
        "R the loss region, w the weight, φ the signed distance of a pixel to the edge of the"
        " reference, in pixels",
    ),
    "lungseg.losses.DeepSupervision": Known(
        "a loss at several depths of the network",
        "lee2015",
        r"L = \frac{\sum_k w_k L(x_k, t)}{\sum_k w_k}",
        "x the logits and w the weight of each level k, 1, 1/2, 1/4, … unless weights are given",
    ),
    "monai.losses.FocalLoss": Known("MONAI's focal loss", "lin2017"),
    "lungseg.splits.Explicit": Known("naming cases one by one"),
    "lungseg.splits.Positions": Known("naming positions in the cohort"),
    "lungseg.splits.Fraction": Known("drawing patients at random"),
    "lungseg.splits.Balanced": Known("choosing the test patients that make the sets most similar"),
    "lungseg.splits.KFold": Known("cross-validation over similar folds"),
    "lungseg.splits.LeaveOneOut": Known("leaving one patient out"),
    "lungseg.splits.LeaveOneSiteOut": Known("leaving one site out"),
    "lungseg.splits.FromFile": Known("taking the sets of an earlier run"),
    "torch.optim.SGD": Known("stochastic gradient descent"),
    "torch.optim.Adam": Known("Adam", "kingma2015"),
    "torch.optim.AdamW": Known("AdamW", "loshchilov2019"),
    "torch.optim.lr_scheduler.OneCycleLR": Known("a one-cycle schedule", "smith2019"),
    "torch.optim.lr_scheduler.CosineAnnealingLR": Known("cosine annealing", "loshchilov2017"),
    "torch.optim.lr_scheduler.ReduceLROnPlateau": Known("reduction on a plateau"),
    "lungseg.training.warmup.warmup_cosine": Known(
        "a linear warm-up, then half a cosine down to zero", "loshchilov2017"
    ),
    "lungseg.training.ema.EMA": Known(
        "an exponential moving average of the weights, evaluated in their place"
    ),
    "lungseg.training.swa.SWA": Known(
        "the mean of the weights of the last epochs, evaluated in their place", "izmailov2018"
    ),
    "pytorch_lightning.callbacks.EarlyStopping": Known("early stopping"),
}
SYMBOLS = (
    r"t \in \{0, 1\}",
    r"p \in (0, 1)",
)
"""Of the formulas: reference and predicted probability of a pixel."""
