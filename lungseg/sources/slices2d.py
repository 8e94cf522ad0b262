"""Source: slices as image files with masks; geometry and units come from the configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lungseg.arguments.numbers import is_number
from lungseg.data.case import Case
from lungseg.data.source import UnpairedError
from lungseg.errors import ConfigError, DataError
from lungseg.findings import Finding
from lungseg.geometry import oriented, wrong_spacing
from lungseg.sources.about import about
from lungseg.sources.case_image import CaseImage
from lungseg.sources.hu import as_hu
from lungseg.sources.maskless import NONE
from lungseg.sources.natural import natural
from lungseg.sources.pairs import Pairing, pair_up
from lungseg.sources.patterns import Match, find, no_match
from lungseg.sources.placed import placed_case
from lungseg.sources.slice_stack import SliceFile, image_stack, mask_stack
from lungseg.sources.state import state_of
from lungseg.volume import Volume

Scalar = TypeVar("Scalar", bound=np.generic)

DIRECTIONS = ("feet_to_head", "head_to_feet")


class SliceImages:
    """Cases as stacks of two-dimensional images; rows run to the back, columns to the left.

    Args:
        root: Folder with all files.
        images: Pattern of the images with ``{case}`` and ``{z}``, the slice's number.
        masks: Pattern of the masks, 0 and 1 or 0 and 255; ``none``: images alone.
        spacing_mm: Distance between slices, between rows and between columns, in mm.
        numbers_run: Direction of rising numbers: ``feet_to_head`` or ``head_to_feet``.
        hu_from: ``slope`` and ``intercept``: HU = slope · value + intercept.
        window: ``[level, width]`` in HU, for 8-bit images in which 0 and 255 are the window's
            limits.
        node: Where these settings stand, for messages.
        top: Name of the setting for `root`, likewise.

    Raises:
        ConfigError: If a setting is invalid, or the conversion of values to HU is not given.
    """

    def __init__(
        self,
        root: str | Path,
        *,
        images: str,
        masks: str,
        spacing_mm: Sequence[float],
        numbers_run: str,
        hu_from: Mapping[str, float] | None,
        window: Sequence[float] | None,
        node: str = "data",
        top: str = "data.root",
    ) -> None:
        if not _numbers(spacing_mm, 3):
            raise ConfigError(f"{node}.spacing_mm: three sizes [z, y, x] in mm, got {spacing_mm}")
        if wrong := wrong_spacing(spacing_mm):
            raise ConfigError(f"{node}.spacing_mm: {wrong}")
        if numbers_run not in DIRECTIONS:
            raise ConfigError(f"{node}.numbers_run: {' or '.join(DIRECTIONS)}, got {numbers_run}")
        example = f"'{node}.hu_from={{slope: 1, intercept: -1024}}'"  # quoted, for the shell
        if (hu_from is None) == (window is None):
            raise ConfigError(
                f"{node}.hu_from: set how values become HU: {example} (HU = slope * value +"
                f" intercept), or {node}.window=[level,width] for windowed 8-bit images"
            )
        if hu_from is not None and not (
            isinstance(hu_from, Mapping)
            and {*hu_from} == {"slope", "intercept"}
            and _numbers([*hu_from.values()], 2)
        ):
            raise ConfigError(f"{node}.hu_from: must be two numbers, got {hu_from}: {example}")
        if window is not None and (not _numbers(window, 2) or window[1] <= 0):
            raise ConfigError(f"{node}.window: [level, width] in HU, got {window}")
        for key, pattern in (("images", images), ("masks", masks)):
            if "{z}" not in str(pattern) and (key, pattern) != ("masks", NONE):
                raise ConfigError(f"{node}.{key}: {pattern!r} has no placeholder {{z}}")
        self.root = Path(root)
        self.images = images
        self.masks = masks
        self.spacing_mm = [float(size) for size in spacing_mm]
        self.numbers_run = numbers_run
        self.hu_from = hu_from
        self.window = window
        self.node = node
        self.top = top

    @cached_property
    def _listing(self) -> tuple[dict[str, list[tuple[Match, Path | None]]], Pairing]:
        """Images of each case, with masks if required, by rising number; how slices pair up."""
        with about(self.top):
            if not self.root.is_dir():
                raise DataError("no such folder", self.root)
            masked = self.masks != NONE
            masks = _by_slice(
                find(self.root, self.masks, f"{self.node}.masks") if masked else [], self.root
            )
            taken = {match.path for match in masks.values()}
            candidates = find(self.root, self.images, f"{self.node}.images")
            images = _by_slice(
                [match for match in candidates if match.path not in taken], self.root
            )
            if not images:
                raise no_match(self.root, self.images, f"{self.node}.images", self.top)
            names = {_slice_name(*key) for key in images}
            pairing = pair_up(
                names,
                {_slice_name(*key) for key in masks} if masked else names,
                self.root,
                no_mask="no mask for this image",
                no_image="no image for this mask",
            )
        cases: dict[str, list[tuple[Match, Path | None]]] = {}
        for key, match in sorted(images.items()):
            mask = masks[key].path if key in masks else None
            cases.setdefault(key[0], []).append((match, mask))
        for case, _ in masks:  # those of masks alone
            cases.setdefault(case, [])
        return {name: cases[name] for name in sorted(cases, key=natural)}, pairing

    @property
    def _files(self) -> dict[str, list[tuple[Match, Path | None]]]:
        return self._listing[0]

    def cases(self) -> list[str]:
        """Names of the cases, in natural order.

        Raises:
            UnpairedError: If a slice of a case has only one of image and mask.
            DataError: If there are none.
        """
        cases, pairing = self._listing
        reasons: dict[str, str] = {}
        for name, why in pairing.reasons.items():
            case, _, number = name.rpartition(", ")
            reasons.setdefault(case, f"{number}: {why}")
        with about(self.top):
            try:
                pairing.checked()
            except UnpairedError as error:
                raise UnpairedError(str(error), error.path, list(cases), reasons) from None
        return list(cases)

    def files(self, case: str) -> list[Path]:
        """Images and masks of a case, by rising number."""
        return [file for pair in self._files[case] for file in (pair[0].path, pair[1]) if file]

    def only(self, case: str) -> SliceImages:
        """The same source, which knows of one case alone: small enough for another process."""
        twin = copy(self)
        files = self._files[case]
        names = {_slice_name(case, match.z) for match, _ in files}
        pairing = pair_up(names, names, self.root, no_mask="", no_image="")
        twin.__dict__["_listing"] = {case: files}, pairing
        return twin

    def state(self, case: str) -> str:
        """Fingerprint of names, sizes and times of a case's files: equal means unchanged."""
        with about(case):
            return state_of(self.files(case), self.root)

    def patient(self, case: str) -> frozenset[str]:
        """The part of the images' path for ``{patient}``, or else the case."""
        return frozenset({self._files[case][0][0].patient or case})

    def read(self, case: str) -> Case:
        """Read one case.

        Raises:
            DataError: If a file is damaged, slices differ in size, or a mask is not binary.
        """
        with about(case):
            return self._read(case)

    def image(self, case: str) -> CaseImage:
        """Read the images of one case.

        Raises:
            DataError: If a file is damaged, or slices differ in size.
        """
        files = self._files[case]
        values, hashes = image_stack([SliceFile(match.z, match.path) for match, _ in files])
        hu, findings = as_hu(self._hu(values))
        affine = np.zeros((4, 4))
        affine[[2, 1, 0], [0, 1, 2]], affine[3, 3] = self.spacing_mm, 1
        hu, affine, more = oriented(self._upwards(hu), affine)
        volume = Volume(np.ascontiguousarray(hu), affine)
        findings = [*more, *self._findings([match.z for match, _ in files]), *findings]
        header: dict[str, str | bool] = {"sex": "", "scanner": "", "synthetic": False}
        digest = hashlib.sha256(b"".join(hashes)).hexdigest()
        return CaseImage(case, volume, header, findings, digest)

    def _read(self, case: str) -> Case:
        image = self.image(case)
        files = [SliceFile(match.z, mask) for match, mask in self._files[case] if mask is not None]
        if not files:
            return image.case()
        mask, hashes, more = mask_stack(files, image.volume.voxels.shape[1:])
        digest = hashlib.sha256(b"".join([bytes.fromhex(image.source_sha256), *hashes]))
        image = replace(image, findings=[*image.findings, *more], source_sha256=digest.hexdigest())
        return placed_case(image, self._upwards(mask), None)

    def _upwards(self, stack: NDArray[Scalar]) -> NDArray[Scalar]:
        """Slices in the order from feet to head."""
        return np.ascontiguousarray(stack[::-1] if self.numbers_run == "head_to_feet" else stack)

    def _hu(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.window is not None:
            if values.dtype != np.uint8:
                raise DataError(f"{self.node}.window is for 8-bit images; these are {values.dtype}")
            level, width = self.window
            hu: NDArray[np.float64] = np.rint(level - width / 2 + np.arange(256) * width / 255)
            return hu.take(values)
        assert self.hu_from is not None
        slope, intercept = float(self.hu_from["slope"]), float(self.hu_from["intercept"])
        if values.dtype.kind in "iu" and slope.is_integer() and intercept.is_integer():
            return values.astype(np.int64) * int(slope) + int(intercept)
        return values.astype(np.float64) * slope + intercept

    def _findings(self, numbers: list[int]) -> list[Finding]:
        findings = []
        steps = set(np.diff(numbers).tolist())
        if len(steps) > 1:
            text = "slice numbers are missing; slices next to a gap were stacked as neighbours"
            findings.append(Finding("missing-slice", "error", text))
        if self.window is not None:
            level, width = self.window
            text = (
                f"values were windowed: HU below {level - width / 2:g} and above"
                f" {level + width / 2:g} are lost"
            )
            findings.append(Finding("windowed", "warning", text))
        return findings


def _by_slice(matches: list[Match], root: Path) -> dict[tuple[str, int], Match]:
    by_slice: dict[tuple[str, int], Match] = {}
    for match in matches:
        if by_slice.setdefault((match.case, match.z), match) is not match:
            raise DataError(f"{_slice_name(match.case, match.z)}: two files", root)
    return by_slice


def _slice_name(case: str, z: int) -> str:
    return f"{case}, slice {z}"


def _numbers(values: object, n: int) -> bool:
    """Whether this is a list of so many numbers."""
    return isinstance(values, Sequence) and len(values) == n and all(map(is_number, values))
