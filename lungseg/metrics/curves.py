"""Curves over all thresholds, and calibration, from the counts of a ScoreHistogram.

Scores are logits; thresholds and calibration are in probabilities, `1 / (1 + exp(-score))`.
Scores within a bin are treated as ties, like equal scores in scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from lungseg.metrics.histogram import BINS, bin_edges

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Curve:
    """Pixel counts if all pixels with a probability of at least `threshold` are called lung.

    Attributes:
        threshold: Probabilities, falling, ``[k]`` float64.
        tp: Lung pixels found at each threshold, ``[k]`` int64.
        fp: Other pixels called lung, ``[k]`` int64.
        positives: Lung pixels in all.
        negatives: Other pixels in all.
    """

    threshold: FloatArray
    tp: IntArray
    fp: IntArray
    positives: int
    negatives: int

    @property
    def precision(self) -> FloatArray:
        """`TP / (TP + FP)`, ``[k]``."""
        return self.tp / (self.tp + self.fp)

    @property
    def recall(self) -> FloatArray:
        """`TP / (TP + FN)`, ``[k]``; NaN without lung pixels."""
        return _share(self.tp, self.positives)

    @property
    def fpr(self) -> FloatArray:
        """False positive rate, `FP / (FP + TN)`, ``[k]``; NaN without other pixels."""
        return _share(self.fp, self.negatives)

    @property
    def dsc(self) -> FloatArray:
        """DSC of all pixels pooled, `2 TP / (2 TP + FP + FN)`, ``[k]``."""
        return 2 * self.tp / (self.tp + self.fp + self.positives)


def curve(histogram: npt.ArrayLike) -> Curve:
    """Counts at every threshold that changes them.

    Args:
        histogram: As `ScoreHistogram` computes it, ``[2, BINS]`` integers.

    Raises:
        ValueError: If it has another shape, or no pixels.
    """
    counts, lower, _ = _filled(histogram)
    # From the highest score downwards.
    fp, tp = np.cumsum(counts[:, ::-1], axis=1)
    return Curve(expit(lower[::-1]), tp, fp, positives=int(tp[-1]), negatives=int(fp[-1]))


def average_precision(curve: Curve) -> float:
    r"""Area under the precision-recall curve, in steps.

    .. math:: \mathrm{AP} = \sum_n (R_n - R_{n-1}) P_n

    Args:
        curve: Counts by threshold.

    Returns:
        0 to 1; NaN without lung pixels.
    """
    return float(np.sum(np.diff(curve.recall, prepend=0.0) * curve.precision))


def roc_auc(curve: Curve) -> float:
    """Area under recall against false positive rate, by the trapezoidal rule.

    Args:
        curve: Counts by threshold.

    Returns:
        0 to 1; NaN if one of the two kinds of pixels is missing.
    """
    fpr, recall = (np.concatenate([[0.0], rate]) for rate in (curve.fpr, curve.recall))
    return float(np.trapezoid(recall, fpr))


def brier_score(histogram: npt.ArrayLike) -> float:
    r"""Mean squared error of the probabilities, :math:`\frac{1}{N} \sum (p_i - y_i)^2`.

    The pixels of a bin are placed at its middle.

    Args:
        histogram: As `ScoreHistogram` computes it, ``[2, BINS]`` integers.

    Raises:
        ValueError: If it has another shape, or no pixels.
    """
    counts, lower, upper = _filled(histogram)
    p = (expit(lower) + expit(upper)) / 2
    negatives, positives = counts
    return float((negatives * p**2 + positives * (1 - p) ** 2).sum() / counts.sum())


@dataclass(frozen=True)
class Calibration:
    """Predicted probabilities against observed shares, in equal bins of probability.

    Attributes:
        lower: Lower edge of each bin, ``[k]``.
        upper: Upper edge, ``[k]``.
        n: Pixels, ``[k]`` int64.
        mean_probability: Mean over the bin's pixels, ``[k]``; NaN where there are none.
        positive_share: Share of lung among them, ``[k]``; NaN where there are none.
    """

    lower: FloatArray
    upper: FloatArray
    n: IntArray
    mean_probability: FloatArray
    positive_share: FloatArray

    @property
    def error(self) -> float:
        r"""Expected calibration error.

        .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{N} \left| \bar p_b - \bar y_b \right|
        """
        gaps = np.abs(self.mean_probability - self.positive_share)
        return float(np.nansum(self.n * gaps) / self.n.sum())


def calibration(histogram: npt.ArrayLike, bins: int = 15) -> Calibration:
    """Sort pixels by probability into equal bins, each closed above.

    Args:
        histogram: As `ScoreHistogram` computes it, ``[2, BINS]`` integers.
        bins: Number of bins between 0 and 1.

    Raises:
        ValueError: If the histogram has another shape, or no pixels.
    """
    counts, lower, upper = _filled(histogram)
    p = (expit(lower) + expit(upper)) / 2
    place = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
    pixels = counts.sum(axis=0)
    n, lung, sums = (
        np.bincount(place, weights=weights, minlength=bins)
        for weights in (pixels, counts[1], pixels * p)
    )
    edges = np.linspace(0, 1, bins + 1)
    return Calibration(
        lower=edges[:-1],
        upper=edges[1:],
        n=n.astype(np.int64),
        mean_probability=_share(sums, n),
        positive_share=_share(lung, n),
    )


def _filled(histogram: npt.ArrayLike) -> tuple[IntArray, FloatArray, FloatArray]:
    """Counts ``[2, k]`` of the non-empty bins, with their lower and upper edges."""
    counts = np.asarray(histogram)
    if counts.shape != (2, BINS):
        raise ValueError(f"histogram must have shape (2, {BINS}), got {counts.shape}")
    filled = np.flatnonzero(counts.any(axis=0))
    if not filled.size:
        raise ValueError("histogram must contain pixels, got none")
    edges = bin_edges().numpy().astype(np.float64)
    return counts[:, filled].astype(np.int64), edges[filled], edges[filled + 1]


def _share(part: npt.NDArray[np.generic], whole: npt.ArrayLike) -> FloatArray:
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    shares = np.full(part.shape, np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares
