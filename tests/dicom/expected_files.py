"""Expected result for each DICOM file in pydicom 3.0 and nibabel 5.4; see real_files.py."""

from tests.dicom.real_files import ROWS

# A folder represents all its files; the prefix `test_files/` is omitted.
NAMES = {
    "ct": """
        693_J2KI.dcm CT_small.dcm J2K_pixelrep_mismatch.dcm dicomdirtests/77654033/CT2/17106
        dicomdirtests/77654033/CT2/17136 dicomdirtests/77654033/CT2/17166
        dicomdirtests/77654033/CT2/17196 dicomdirtests/98892001/CT5N/2062
        dicomdirtests/98892001/CT5N/2392 dicomdirtests/98892001/CT5N/2693
        dicomdirtests/98892001/CT5N/3023 dicomdirtests/98892001/CT5N/3353
    """,
    "no pixels": """
        dicomdirtests/TINY_ALPHA/PT000000/ST000000/SE000000/
    """,
    "localizer": """
        dicomdirtests/98892001/CT2N/6293 dicomdirtests/98892001/CT2N/6924
    """,
    "rtstruct": """
        rtstruct.dcm
    """,
    "seg": """
        liver_1frame.dcm liver_expb_1frame.dcm
    """,
    "other": """
        charset_files/chrArab.dcm charset_files/chrFren.dcm charset_files/chrFrenMulti.dcm
        charset_files/chrGerm.dcm charset_files/chrGreek.dcm charset_files/chrH31.dcm
        charset_files/chrH32.dcm charset_files/chrHbrw.dcm charset_files/chrI2.dcm
        charset_files/chrJapMulti.dcm charset_files/chrJapMultiExplicitIR6.dcm
        charset_files/chrKoreanMulti.dcm charset_files/chrRuss.dcm
        charset_files/chrSQEncoding.dcm charset_files/chrSQEncoding1.dcm
        charset_files/chrX1.dcm charset_files/chrX2.dcm nibabel/nicom/tests/data/0.dcm
        nibabel/nicom/tests/data/1.dcm nibabel/nicom/tests/data/csa_slice_norm.dcm
        nibabel/nicom/tests/data/decimal_rescale.dcm
        nibabel/nicom/tests/data/philips_mprage.dcm.gz
        nibabel/nicom/tests/data/siemens_dwi_0.dcm.gz
        nibabel/nicom/tests/data/siemens_dwi_1000.dcm.gz
        nibabel/nicom/tests/data/slicethickness_empty_string.dcm nibabel/tests/data/0.dcm
        nibabel/tests/data/1.dcm palettes/fall.dcm palettes/hotiron.dcm
        palettes/hotmetalblue.dcm palettes/pet.dcm palettes/pet20step.dcm
        palettes/spring.dcm palettes/summer.dcm palettes/winter.dcm ExplVR_BigEnd.dcm ExplVR_BigEndNoMeta.dcm
        ExplVR_LitEndNoMeta.dcm GDCMJ2K_TextGBR.dcm JPEG-lossy.dcm
        JPEG2000-embedded-sequence-delimiter.dcm JPEG2000.dcm JPEGLSNearLossless_08.dcm
        JPEGLSNearLossless_16.dcm JPGExtended.dcm MR_small.dcm MR_small_RLE.dcm
        MR_small_bigendian.dcm MR_small_expb.dcm MR_small_implicit.dcm
        MR_small_jp2klossless.dcm MR_small_jpeg_ls_lossless.dcm MR_small_padded.dcm
        MR_truncated.dcm SC_jpeg_no_color_transform.dcm SC_jpeg_no_color_transform_2.dcm
        SC_rgb_dcmtk_+eb+cr.dcm SC_rgb_dcmtk_+eb+cy+n1.dcm SC_rgb_dcmtk_+eb+cy+n2.dcm
        SC_rgb_dcmtk_+eb+cy+np.dcm SC_rgb_dcmtk_+eb+cy+s2.dcm SC_rgb_dcmtk_+eb+cy+s4.dcm
        SC_rgb_gdcm_KY.dcm SC_rgb_jls_lossy_line.dcm SC_rgb_jls_lossy_sample.dcm
        SC_rgb_jpeg.dcm SC_rgb_jpeg_app14_dcmd.dcm SC_rgb_jpeg_dcmd.dcm
        SC_rgb_jpeg_dcmtk.dcm SC_rgb_jpeg_gdcm.dcm SC_rgb_jpeg_lossy_gdcm.dcm SC_rgb_rle.dcm
        SC_rgb_rle_16bit.dcm SC_rgb_rle_16bit_2frame.dcm SC_rgb_rle_2frame.dcm
        SC_rgb_rle_32bit.dcm SC_rgb_rle_32bit_2frame.dcm SC_rgb_small_odd.dcm
        SC_rgb_small_odd_big_endian.dcm SC_rgb_small_odd_jpeg.dcm
        SC_ybr_full_422_uncompressed.dcm badVR.dcm dicomdirtests/77654033/CR1/6154
        dicomdirtests/77654033/CR2/6247 dicomdirtests/77654033/CR3/6278
        dicomdirtests/98892003/MR1/15820 dicomdirtests/98892003/MR1/4919
        dicomdirtests/98892003/MR1/5641 dicomdirtests/98892003/MR2/15970
        dicomdirtests/98892003/MR2/4950 dicomdirtests/98892003/MR2/4981
        dicomdirtests/98892003/MR2/5011 dicomdirtests/98892003/MR2/6273
        dicomdirtests/98892003/MR2/6605 dicomdirtests/98892003/MR2/6935
        dicomdirtests/98892003/MR700/4467 dicomdirtests/98892003/MR700/4528
        dicomdirtests/98892003/MR700/4558 dicomdirtests/98892003/MR700/4588
        dicomdirtests/98892003/MR700/4618 dicomdirtests/98892003/MR700/4648
        dicomdirtests/98892003/MR700/4678 examples_jpeg2k.dcm examples_overlay.dcm
        examples_palette.dcm examples_rgb_color.dcm examples_ybr_color.dcm image_dfl.dcm
        no_meta_group_length.dcm priv_SQ.dcm reportsi.dcm
        reportsi_with_empty_number_tags.dcm rtdose.dcm rtdose_1frame.dcm rtdose_expb.dcm
        rtdose_expb_1frame.dcm rtdose_rle.dcm rtdose_rle_1frame.dcm rtplan.dcm
        rtplan_truncated.dcm test-SR.dcm waveform_ecg.dcm zipMR.gz
    """,
    "index": """
        dicomdirtests/DICOMDIR dicomdirtests/DICOMDIR-bigEnd
        dicomdirtests/DICOMDIR-empty.dcm dicomdirtests/DICOMDIR-implicit
        dicomdirtests/DICOMDIR-nooffset dicomdirtests/DICOMDIR-nopatient
        dicomdirtests/DICOMDIR-reordered dicomdirtests/TINY_ALPHA/DICOMDIR
    """,
    "no class": """
        UN_sequence.dcm empty_charset_LEI.dcm meta_missing_tsyntax.dcm nested_priv_SQ.dcm
    """,
    "no dicom": """
        no_meta.dcm
    """,
}

EXPECTED = {name: ROWS[key].outcome for key, names in NAMES.items() for name in names.split()}
