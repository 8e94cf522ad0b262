"""The helper process that decodes: what ends it, what does not, and failures to start it."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import RLELossless

from lungseg.dicom import decoder
from lungseg.dicom.limits import RefusedError

IMAGE = np.arange(256, dtype=np.uint16).reshape(16, 16)
OPTIONS = {
    "transfer_syntax_uid": RLELossless,
    "rows": 16,
    "columns": 16,
    "number_of_frames": 1,
    "samples_per_pixel": 1,
    "photometric_interpretation": "MONOCHROME2",
    "bits_allocated": 16,
    "bits_stored": 16,
    "pixel_representation": 0,
    "pixel_keyword": "PixelData",
}


@pytest.fixture
def idle(monkeypatch):
    """No helper there yet; those started are ended."""
    helpers = []
    monkeypatch.setattr(decoder, "_idle", helpers)
    yield helpers
    for helper in helpers:
        helper.end()


def decoded(plugins=("pydicom",)):
    frame = RLELosslessEncoder.encode(IMAGE, encoding_plugin="pydicom", **OPTIONS)
    return decoder.decode(frame, plugins, OPTIONS)


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/python"])
def test_a_helper_that_does_not_start_is_not_damage(program, idle, monkeypatch):
    monkeypatch.setattr("sys.executable", program)
    with pytest.raises(decoder.StartError, match="does not start"):
        decoded()
    assert idle == []


def test_decoders_are_asked_in_turn(idle):
    np.testing.assert_array_equal(decoded(["pillow", "pydicom"]), IMAGE)  # pillow has no RLE
    with pytest.raises(RefusedError, match="truncated or damaged"):
        decoded(["pillow", "gdcm"])
    assert len(idle) == 1  # refusing ends no helper


@pytest.mark.slow
def test_a_helper_that_has_to_wait_is_waited_for(idle):
    np.testing.assert_array_equal(decoded(), IMAGE)
    (helper,) = idle
    os.kill(helper.process.pid, signal.SIGSTOP)
    threading.Timer(4.3, os.kill, (helper.process.pid, signal.SIGCONT)).start()
    np.testing.assert_array_equal(decoded(), IMAGE)
    assert idle == [helper]


class Endless:
    """Takes for ever to unpickle."""

    def __reduce__(self):
        return exec, ("while True: pass",)


@pytest.mark.slow
def test_a_helper_that_computes_without_end_is_ended(idle):
    np.testing.assert_array_equal(decoded(), IMAGE)
    start = time.perf_counter()
    with pytest.raises(RefusedError, match="gave up"):
        decoder.decode(Endless(), ["pydicom"], OPTIONS)
    assert time.perf_counter() - start < 90  # seconds, on a busy machine
    assert idle == []
    np.testing.assert_array_equal(decoded(), IMAGE)
