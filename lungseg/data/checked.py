"""An array of a stored case, of which nothing damaged is ever returned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lungseg.data.damaged import damaged
from lungseg.data.place import Place, is_url, join, storage_options, unreachable

if TYPE_CHECKING:
    import zarr

DECODING = (ValueError, RuntimeError)
"""What zarr's codecs raise for damaged chunks: a wrong checksum, bytes that cannot be unpacked."""


class CheckedArray:
    """An array of a stored case, ``[z, y, x]``, one chunk per slice.

    Chunks have checksums, which zarr's codec compares on every reading; those of older stores have
    none, and only damage that cannot be decompressed is noticed there. Nor would zarr notice a
    chunk that disappears, and return the fill value for it. An array behind a URL is opened again
    in a process other than the one that opened it, such as the worker of a loader: connections do
    not survive a fork.

    Args:
        array: As opened.
        store: Path or URL.
        case: Name of the case.

    Raises:
        DataError: If chunks are missing; on reading also if one is damaged, with the file's name.
    """

    def __init__(self, array: zarr.Array[Any], store: Place, case: str) -> None:
        self._array = array
        self._store = store
        self._case = case
        self._process = os.getpid()
        self._refuse_lost()

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels ``(z, y, x)``."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the voxels."""
        return self._array.dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Number of voxels per chunk ``(z, y, x)``."""
        return self._array.chunks

    def __len__(self) -> int:
        return self._array.shape[0]

    def __getitem__(self, selection: Any) -> NDArray[Any]:
        try:
            values = np.asarray(self._own()[selection])
        except DECODING as error:
            raise self._damage() or error from None
        except (OSError, IndexError, MemoryError):
            raise
        except Exception as error:
            if not is_url(self._store):
                raise
            raise unreachable(self._store, error) from None
        first = selection[0] if isinstance(selection, tuple) else selection
        planes = 1 if isinstance(first, int | np.integer) else len(values)
        # One voxel of each slice is enough: of a lost chunk all have the fill value.
        if values.size and (values.reshape(planes, -1)[:, 0] == self._array.fill_value).any():
            self._refuse_lost()
        return values

    def _own(self) -> zarr.Array[Any]:
        """The array, with connections of this process."""
        if is_url(self._store) and self._process != os.getpid():
            import zarr

            self._array = zarr.open_array(
                join(self._store, f"{self._case}.zarr"),
                path=self._array.basename,
                mode="r",
                zarr_format=3,
                storage_options=storage_options(self._store),
            )
            self._process = os.getpid()
        return self._array

    def _refuse_lost(self) -> None:
        lost = self._array.nchunks - self._array.nchunks_initialized
        # Previews were filled with black before, and black ones have no chunks.
        if lost and self._array.fill_value != 0:
            what = f"has lost {lost} slice{'s' if lost > 1 else ''}"
            raise damaged(self._store, self._case, self._array.basename, what)

    def _damage(self) -> Exception | None:
        """The error for the first chunk that cannot be read."""
        for chunk in np.ndindex(self._array.cdata_shape):
            try:
                self._array.blocks[chunk]
            except DECODING:
                key = self._array.metadata.encode_chunk_key(chunk)
                return damaged(self._store, self._case, f"{self._array.basename}/{key}")
        return None
