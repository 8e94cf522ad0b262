"""Usual layouts of image and mask files, for configurations without patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lungseg.errors import ConfigError, DataError
from lungseg.sources.folders import is_half
from lungseg.sources.image_reader import ENDINGS
from lungseg.sources.labels import SIDES
from lungseg.sources.lungs import Side
from lungseg.sources.maskless import HINT, NONE
from lungseg.sources.natural import natural
from lungseg.sources.pairs import Pairing, pair_up
from lungseg.sources.patterns import Match, find, no_match
from lungseg.sources.state import files_below

Masks = str | Mapping[str, str]
# Images and masks, in the order in which messages list them. n*: .nii, .nii.gz, .nrrd, .npz
LAYOUTS: tuple[tuple[str, Masks], ...] = (
    ("imagesTr/{case}_0000.n*", "labelsTr/{case}.n*"),  # nnU-Net
    ("imagesTr/{case}.n*", "labelsTr/{case}.n*"),  # Medical Segmentation Decathlon
    ("images/{case}.n*", "masks/{case}.n*"),
    ("{case}_ct.n*", "{case}_seg.n*"),
    ("{case}/ct.n*", "{case}/lung.n*"),
    ("{case}/image.n*", "{case}/mask.n*"),
    (  # TotalSegmentator
        "{case}/ct.n*",
        {side: f"{{case}}/segmentations/lung_*_{side}.n*" for side in ("right", "left")},
    ),
)

NOT_READ = frozenset({".mha", ".mhd", ".nhdr", ".hdr", ".img", ".mgz", ".mgh", ".nia"})
"""Endings of other formats of volumes."""


@dataclass(frozen=True)
class CaseFiles:
    """Files of one case.

    Attributes:
        image: A file, or a folder with DICOM files.
        masks: Side and mask file; side None if labels in the file give the sides. Empty if no masks
            are required.
        patient: The part of the image's path for ``{patient}``, or empty.
    """

    image: Path
    masks: list[tuple[Side | None, Path]]
    patient: str


@dataclass(frozen=True)
class Listing:
    """All cases of a source.

    Attributes:
        files: Files of the cases that are complete.
        pairing: Names of all cases, and what the others lack.
    """

    files: dict[str, CaseFiles]
    pairing: Pairing


def case_files(root: Path, images: str | None, masks: Masks | None) -> Listing:
    """Files by case, in natural order.

    Args:
        root: Folder of the source.
        images: Pattern of :func:`lungseg.sources.patterns.find`; None for the usual layout with the
            most pairs.
        masks: Pattern, or one for each of ``left``, ``right`` and ``both``; None likewise;
            ``none``: images alone, by default of the usual layout with the most images.

    Raises:
        ConfigError: If a pattern is invalid, or only one of the two is given.
        DataError: If no files match, or two images have the same name.
    """
    if masks != NONE and (images is None) != (masks is None):
        raise ConfigError(f"data.images and data.masks go together: set both, or neither; {HINT}")
    if not root.is_dir():
        raise DataError("no such folder", root)
    if masks == NONE:
        files = _alone(root, images)
        return Listing(files, Pairing(list(files), {}, False, root))
    if images is not None and masks is not None:
        matches = _matches(root, images, masks)
        if not matches[0]:
            raise no_match(root, images, "data.images")
        return _pair(root, *matches)
    candidates = [_matches(root, *layout) for layout in LAYOUTS]
    best = max(candidates, key=lambda matches: len(set(matches[0]) & set(matches[1])))
    if not set(best[0]) & set(best[1]):
        _refuse_unlike(root)
        usual = "; ".join(f"{image} with {_first(mask)}" for image, mask in LAYOUTS)
        raise DataError(
            f"no pair of image and mask in a usual layout ({usual}): set data.images and"
            f" data.masks; {HINT}",
            root,
        )
    return _pair(root, *best)


def _refuse_unlike(root: Path) -> None:
    """Say what else may be wrong where no file is in a usual layout.

    Raises:
        DataError: If the folder is itself that of the images or of the masks, or files have a
            format that is not read.
    """
    here = root.resolve()
    for image, mask in LAYOUTS:
        if is_half(root, [Path(pattern).parts[0] for pattern in (image, _first(mask))]):
            raise DataError(
                f"{here.name} has one half of the pairs: did you mean the folder above?",
                here.parent,
            )
    formats = {file.suffix.lower() for file in files_below(root)}
    if other := sorted(formats & NOT_READ):
        raise DataError(
            f"{' and '.join(other)} files are not read; supported are {', '.join(ENDINGS)}", root
        )


def _alone(root: Path, images: str | None) -> dict[str, CaseFiles]:
    """Images without masks, by case."""
    patterns = [images] if images is not None else [image for image, _ in LAYOUTS]
    # The first of equals: files that match imagesTr/{case}_0000 match imagesTr/{case} too.
    matches = max((find(root, pattern, "data.images") for pattern in patterns), key=len)
    if not matches and images is None:
        _refuse_unlike(root)
        usual = "; ".join(dict.fromkeys(patterns))
        raise DataError(f"no image in a usual layout ({usual}): set data.images", root)
    if not matches:
        raise no_match(root, patterns[0], "data.images")
    by_case: dict[str, list[Match]] = {}
    for match in matches:
        by_case.setdefault(match.case, []).append(match)
    for name, same in by_case.items():
        if len(same) > 1:
            raise DataError(f"{name}: more than one image of this name", root)
    return {
        name: CaseFiles(by_case[name][0].path, [], by_case[name][0].patient)
        for name in sorted(by_case, key=natural)
    }


Matches = tuple[dict[str, list[Match]], dict[str, list[tuple[Side | None, Path]]]]


def _matches(root: Path, images: str, masks: Masks) -> Matches:
    mask_files: dict[str, list[tuple[Side | None, Path]]] = {}
    by_side = {None: masks} if isinstance(masks, str) else masks
    for side, pattern in by_side.items():
        if side is not None and side not in SIDES:
            raise ConfigError(f"data.masks: {side!r} must be left, right or both")
        key = "data.masks" if side is None else f"data.masks.{side}"
        for match in find(root, pattern, key):
            mask_files.setdefault(match.case, []).append((side, match.path))
    taken = {path for files in mask_files.values() for _, path in files}
    image_files: dict[str, list[Match]] = {}
    for match in find(root, images, "data.images"):
        if match.path not in taken:  # {case}.nii.gz matches {case}_seg.nii.gz too
            image_files.setdefault(match.case, []).append(match)
    return image_files, mask_files


def _pair(
    root: Path,
    images: dict[str, list[Match]],
    masks: dict[str, list[tuple[Side | None, Path]]],
) -> Listing:
    pairing = pair_up(
        images,
        masks,
        root,
        no_mask="no mask: no file for it matches data.masks",
        no_image="no image: no file for it matches data.images",
    )
    for name in pairing.whole:
        sides = [side for side, _ in masks[name]]
        if len(images[name]) > 1 or (None in sides and len(sides) > 1):
            raise DataError(f"{name}: more than one image, or more than one mask, of this name")
    files = {
        name: CaseFiles(
            images[name][0].path,
            sorted(masks[name], key=lambda mask: natural(mask[1].name)),
            images[name][0].patient,
        )
        for name in pairing.whole
    }
    return Listing(files, pairing)


def _first(masks: Masks) -> str:
    return masks if isinstance(masks, str) else next(iter(masks.values()))
