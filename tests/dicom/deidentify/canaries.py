"""Data sets in which each attribute of PS3.15's table has a recognizable value."""

from datetime import date, timedelta

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as fields
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage

MARK = "QZX"
# pydicom writes no group of commands or of file meta into a data set.
TAGS = [t[0] << 16 | t[1] for t in fields.ALL_TAGS if len(t) == 2 and t[0] not in (0, 2)]
KEPT_SEQUENCES = (0x00081140, 0x00082112)
# A sequence and one within it that the table does not name.
OUTER, INNER = "AnatomicRegionSequence", "AnatomicRegionModifierSequence"


class Canaries:
    """Values, each met nowhere else, and the bytes to look for."""

    def __init__(self):
        self.count = 0
        self.needles = set()

    def value(self, vr):
        self.count += 1
        n = self.count
        text = f"{MARK}{n:05d}Z"
        if vr in ("US", "SS"):
            return 0xBEEF  # too short to be looked for: that the attribute is gone is checked
        day = (date(1801, 1, 1) + timedelta(n)).strftime("%Y%m%d")
        value = {
            "AS": "973Y",
            "DA": day,
            "DS": f"-7319.{n:05d}",
            "DT": f"{day}235917.{n:06d}",
            "IS": str(731900000 + n),
            "TM": f"235917.{n:06d}",
            "UI": f"1.2.826.0.7319.{n}",
            "UR": f"http://{text.lower()}.org",
        }.get(vr, text)
        self.needles.add(value.encode())
        return value.encode() if vr in ("OB", "OW", "UN") else value

    def plant(self, dataset, keep=()):
        """Give each attribute of the table a value, and some private ones."""
        for tag in TAGS:
            if tag in keep:
                continue
            vr = dictionary_VR(tag).split(" or ")[0] if dictionary_has_tag(tag) else "LO"
            dataset.add_new(tag, vr, self.item(tag) if vr == "SQ" else self.value(vr))
        for group in (0x6000, 0x6002):
            dataset.add_new((group, 0x3000), "OB", self.value("OB"))
            dataset.add_new((group, 0x4000), "LT", self.value("LT"))
        dataset.add_new((0x5000, 0x0022), "LO", self.value("LO"))
        dataset.add_new((0x5000, 0x3000), "OB", self.value("OB"))
        block = dataset.private_block(0x0019, self.value("LO"), create=True)
        for n, vr in enumerate(("LO", "DA", "PN", "UN", "UI")):
            block.add_new(n, vr, self.value(vr))
        inner = Dataset()
        inner.PatientName = self.value("PN")
        block.add_new(9, "SQ", [inner])
        # Not in the table.
        dataset.SecondaryReviewerName = self.value("PN")
        dataset.ExpiryDate = self.value("DA")
        dataset.ScanOptions = self.value("CS").lower()
        dataset.WindowCenterWidthExplanation = self.value("LO")
        dataset.MaterialNotes = self.value("LT")
        dataset.MultiFrameSourceSOPInstanceUID = self.value("UI")
        dataset.add_new(0x00091337 + 0x00010000, "LO", self.value("LO"))

    def item(self, tag):
        item = Dataset()
        item.PatientName = self.value("PN")
        item.ReferencedSOPInstanceUID = self.value("UI")
        if tag not in KEPT_SEQUENCES:
            item.CodeMeaning = self.value("LO")
        return Sequence([item])

    def everywhere(self, dataset, keep=()):
        """Plant at top level and two sequences deep."""
        deep, middle = Dataset(), Dataset()
        self.plant(deep)
        setattr(middle, INNER, [deep])
        setattr(dataset, OUTER, [middle])
        self.plant(dataset, keep)

    def save(self, dataset, file, syntax=ExplicitVRLittleEndian):
        """Write with values in the preamble, the file meta, behind the pixels and at the end."""
        file.parent.mkdir(parents=True, exist_ok=True)
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        meta.TransferSyntaxUID = syntax
        meta.ImplementationVersionName = self.value("SH")
        meta.SourceApplicationEntityTitle = self.value("AE")
        meta.PrivateInformationCreatorUID = self.value("UI")
        meta.PrivateInformation = self.value("OB")
        dataset.file_meta = meta
        dataset.preamble = self.value("LO").encode().ljust(128)
        if "PixelData" in dataset:
            dataset.PixelData += self.value("OB") + b" " * (len(dataset.PixelData) % 2 == 0)
        dataset.save_as(file, enforce_file_format=True)
        return dcmread(file)


def ct(canaries):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality = CTImageStorage, "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.Rows, dataset.Columns = 4, 6
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = "1", "-1024"
    dataset.PixelSpacing = ["0.8", "0.6"]
    dataset.ImagePositionPatient = ["-10", "-20", "-100"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    dataset.PixelData = bytes(range(48))
    canaries.everywhere(dataset)
    return dataset


def structures(canaries, names):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.Modality = RTStructureSetStorage, "RTSTRUCT"
    dataset.StructureSetROISequence = []
    dataset.RTROIObservationsSequence = []
    for number, name in enumerate(names, start=1):
        roi, seen = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        roi.ReferencedFrameOfReferenceUID = canaries.value("UI")
        roi.ROIDescription = canaries.value("ST")
        seen.ReferencedROINumber = seen.ObservationNumber = number
        seen.ROIObservationLabel = canaries.value("SH")
        seen.ROIInterpreter = canaries.value("PN")
        dataset.StructureSetROISequence.append(roi)
        dataset.RTROIObservationsSequence.append(seen)
    canaries.everywhere(dataset)
    return dataset
