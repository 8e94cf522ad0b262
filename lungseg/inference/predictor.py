"""Models, loaded once, for any number of scans: ``lungseg.load(path).predict(scan)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lungseg.config import build
from lungseg.data.description import image_hash
from lungseg.errors import ConfigError, DataError
from lungseg.geometry import oriented
from lungseg.inference.exported import OnnxModel
from lungseg.inference.model import Model, load_model, model_files
from lungseg.inference.passes import TTA
from lungseg.inference.postprocess import Postprocess, Unchanged, recorded_postprocess
from lungseg.runs.chosen import refuse_auto
from lungseg.sources.hu import as_hu
from lungseg.sources.scan import Scan
from lungseg.sources.scans import find_scans
from lungseg.volume import Volume

if TYPE_CHECKING:
    from lungseg.inference.prediction import Prediction


@dataclass(frozen=True)
class Predictor:
    """Finds lungs in scans.

    Attributes:
        models: One, or several whose probabilities are averaged.
        postprocess: From the mask to lungs.
        tta: ``none``, or ``flip``: each slice as it is and mirrored.
    """

    models: tuple[Model | OnnxModel, ...]
    postprocess: Postprocess
    tta: str = "none"

    def predict(
        self,
        scan: Scan | Volume | str | Path,
        *,
        advance: Callable[[int], object] = lambda slices: None,
    ) -> Prediction:
        """Find the lungs in one scan.

        Args:
            scan: A volume in HU, or the path of a file or of a folder with one scan, in any format
                that ``lungseg predict`` reads.
            advance: Told the number of slices that were done.

        Returns:
            Labels, probabilities and findings, on the volume's grid.

        Raises:
            DataError: If the path leads to no scan, to several, or to one that cannot be read.
        """
        from lungseg.inference.prediction import predict

        return predict(self.models, _scan(scan), self.postprocess, tta=self.tta, advance=advance)


def load(
    *paths: str | Path,
    postprocess: Mapping[str, Any] | Postprocess | None = None,
    tta: str = "none",
    device: str = "auto",
    allow_targets: Sequence[str] = (),
) -> Predictor:
    """Load trained models.

    Args:
        *paths: Run folders, checkpoints, or folders with several runs, such as a cross-validation;
            the probabilities of several models are averaged.
        postprocess: From the mask to lungs, or a node with ``_target_`` as in
            ``conf/postprocess``; None for what the first model was trained with.
        tta: ``none``, or ``flip``: each slice as it is and mirrored.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        allow_targets: Packages whose networks a checkpoint may name, beside lungseg's, torch's and
            MONAI's.

    Raises:
        ConfigError: If a setting is wrong, or a file names a network that may not be built.
        DataError: If a path leads to no trained model, or a file is damaged.
    """
    check_tta(tta)
    files = model_files([Path(path) for path in paths])
    models = tuple(load_model(file, device=device, allow_targets=allow_targets) for file in files)
    if postprocess is None:
        made = recorded_postprocess(models[0].postprocess)
    elif isinstance(postprocess, Mapping):
        refuse_auto(postprocess)
        made = build(postprocess, "postprocess") if postprocess else None
    else:
        made = postprocess
    return Predictor(models, made or Unchanged(), tta)


def check_tta(tta: object) -> None:
    """Check the setting ``tta``.

    Raises:
        ConfigError: If there is no such value.
    """
    if tta not in TTA:
        raise ConfigError(f"tta={tta}: must be {' or '.join(TTA)}")


def _scan(scan: Scan | Volume | str | Path) -> Scan:
    if isinstance(scan, Scan):
        return scan
    if isinstance(scan, Volume):
        voxels, affine, of_grid = oriented(scan.voxels, scan.affine)
        if affine.tolist() != scan.affine.tolist():
            raise DataError(
                "the volume's axes must run to the head, to the back and to the patient's left:"
                " lungseg.volume.to_lps brings them there"
            )
        hu, of_values = as_hu(voxels)
        volume = Volume(np.ascontiguousarray(hu), affine)
        return Scan("volume", volume, affine, image_hash(hu), {}, [*of_grid, *of_values])
    found = find_scans(Path(scan), lambda uid: "scan").scans
    if len(found) > 1:
        raise DataError(f"{len(found)} scans here: give the path of one", scan)
    return found[0].read()
