// Frames of a DICOM-SEG file as dcmjs reads them: position, segment, and indices of set pixels.
const fs = require("fs");
const { BitArray, DicomMessage, DicomMetaDictionary } = require("dcmjs").data;

const { buffer, byteOffset, byteLength } = fs.readFileSync(process.argv[2]);
const file = DicomMessage.readFile(buffer.slice(byteOffset, byteOffset + byteLength));
const seg = DicomMetaDictionary.naturalizeDataset(file.dict);
const one = (sequence) => (Array.isArray(sequence) ? sequence[0] : sequence);
const list = (sequence) => (Array.isArray(sequence) ? sequence : [sequence]);

const pixels = BitArray.unpack(one(seg.PixelData));
const size = seg.Rows * seg.Columns;
const frames = list(seg.PerFrameFunctionalGroupsSequence).map((frame, k) => ({
  position: one(frame.PlanePositionSequence).ImagePositionPatient.map(Number),
  segment: one(frame.SegmentIdentificationSequence).ReferencedSegmentNumber,
  set: Array.from({ length: size }, (_, i) => i).filter((i) => pixels[k * size + i]),
}));
const shared = one(seg.SharedFunctionalGroupsSequence);
console.log(
  JSON.stringify({
    labels: list(seg.SegmentSequence).map((segment) => segment.SegmentLabel),
    orientation: one(shared.PlaneOrientationSequence).ImageOrientationPatient.map(Number),
    spacing: one(shared.PixelMeasuresSequence).PixelSpacing.map(Number),
    shape: [seg.Rows, seg.Columns],
    frames,
  }),
);
