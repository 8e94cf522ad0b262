"""Image files written for tests."""

from functools import cache

import nibabel
import nrrd
import numpy as np
from hydra import compose, initialize_config_dir

from lungseg.config import build, conf_dir

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@cache
def composed():
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose("prepare", ["data=nifti"])


def source(root, **settings):
    """As the YAML makes it."""
    config = composed().copy()
    config.data.root = str(root)
    for key, value in settings.items():
        config.data[key] = value
    return build(config.data.source, "data")


def moved(array, affine, order, flips):
    """The same voxels in the same places, stored another way."""
    array, affine = array.transpose(order), affine[:, [*order, 3]].copy()
    for axis, flip in enumerate(flips):
        if flip:
            affine[:, 3] += affine[:, axis] * (array.shape[axis] - 1)
            affine[:, axis] *= -1
            array = np.flip(array, axis)
    return array, affine


def write_nifti(path, array, affine, move=((2, 1, 0), (0, 0, 0)), unit="mm"):
    path.parent.mkdir(parents=True, exist_ok=True)
    array, affine = moved(array, affine, *move)
    image = nibabel.Nifti1Image(array, LPS_TO_RAS @ affine)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)


def overwrite(file, at, values):
    content = bytearray(file.read_bytes())
    content[at : at + values.nbytes] = values.tobytes()
    file.write_bytes(content)


def write_nrrd(path, array, affine, **header):
    path.parent.mkdir(parents=True, exist_ok=True)
    array, affine = moved(array, affine, (2, 1, 0), (1, 0, 0))
    geometry = {
        "space": "left-posterior-superior",
        "space directions": affine[:3, :3].T,
        "space origin": affine[:3, 3],
    }
    nrrd.write(str(path), array, geometry | header)


def codes(case):
    return [finding["code"] for finding in case.audit["findings"]]


def pair(folder, phantom, name="a"):
    image, mask, _, affine = phantom
    files = folder / f"{name}_ct.nii", folder / f"{name}_seg.nii"
    for file, array in zip(files, (image, mask), strict=True):
        write_nifti(file, array, affine)
    return files
