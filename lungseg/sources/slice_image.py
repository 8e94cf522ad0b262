"""One slice as an image file (tif, png) of grey values."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lungseg.errors import DataError


def read_grey(path: Path) -> tuple[NDArray[Any], bytes]:
    """Grey values ``[rows, columns]`` as stored, and a hash of the file.

    Colour images are accepted if their channels are equal; transparency is ignored.

    Raises:
        DataError: If the file is damaged, or contains several pictures or colours.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
            with Image.open(file) as image:
                if getattr(image, "n_frames", 1) > 1:
                    raise DataError(
                        "an image file contains several pictures; one is expected", path
                    )
                if image.mode == "P":
                    raise DataError("an image file has a palette; grey values are expected", path)
                values = np.asarray(image)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError("an image file is damaged or of an unknown kind", path) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError("an image file is truncated or damaged", path) from None
    except Exception as error:  # damaged bytes cause errors of every kind in the decoders
        raise DataError(
            f"an image file is truncated or damaged ({type(error).__name__})", path
        ) from None
    if values.ndim == 3:
        colours = values[..., :3] if values.shape[2] >= 3 else values[..., :1]
        if (colours != colours[..., :1]).any():
            raise DataError("an image file contains colours; grey values are expected", path)
        values = colours[..., 0]
    return values, digest
