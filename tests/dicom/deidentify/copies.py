"""De-identified copies for tests."""

import zlib

import pydicom
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from lungseg.dicom.deidentify.dataset import DeidentifyOptions
from lungseg.dicom.deidentify.pseudonyms import Pseudonyms
from tests.dicom.deidentify.canaries import MARK, TAGS, Canaries, ct

SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]


def options(key=b"k" * 16, **more):
    lungs = {"lung left": "Lung_L"}
    return DeidentifyOptions(
        Pseudonyms(key), lambda names: {n: lungs[n] for n in names if n in lungs}, **more
    )


def everything(folder):
    """Names and bytes of all that a folder holds, deflated data sets inflated too."""
    texts = []
    for path in sorted(folder.rglob("*")):
        texts.append(path.name.encode())
        if path.is_file():
            texts.append(path.read_bytes())
            if path.suffix == ".dcm":
                meta = pydicom.filereader.read_file_meta_info(path)
                if meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
                    start = 132 + 12 + meta.FileMetaInformationGroupLength
                    texts.append(zlib.decompress(texts[-1][start:], -zlib.MAX_WBITS))
    return b"\0".join(texts)


def found(canaries, folder):
    content = everything(folder).lower()
    assert len(content) > 1000
    return {needle for needle in canaries.needles | {MARK.encode()} if needle.lower() in content}


def copies(folder):
    return {file.relative_to(folder): pydicom.dcmread(file) for file in folder.rglob("*.dcm")}


def clean_ct(folder, name, **values):
    """A CT with no more than it needs."""
    dataset = ct(Canaries())
    for tag in [e.tag for e in dataset if e.tag in TAGS or e.tag.is_private]:
        del dataset[tag]
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.4"
    dataset.SOPInstanceUID, dataset.PatientID = f"1.2.3.4.{name}", "P1"
    dataset.FrameOfReferenceUID = "1.2.3.9"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    Canaries().save(dataset, folder / f"{name}.dcm")
    return dataset
