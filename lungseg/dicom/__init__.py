"""Reading clinical DICOM."""
