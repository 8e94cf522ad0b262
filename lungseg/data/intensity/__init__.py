"""From HU to the input of a network, one class per mapping.

Each is called with HU ``[B, C, y, x]`` of any dtype and returns float32 ``[B, C', y, x]`` from 0
to 1, on the same device. ``channels_out`` says what `C'` is. What a slice becomes depends on that
slice alone.
"""

from lungseg.data.intensity.clahe import Clahe
from lungseg.data.intensity.equalize import Equalize
from lungseg.data.intensity.stretch import Stretch
from lungseg.data.intensity.window import Window
from lungseg.data.intensity.windows import Windows

__all__ = ["Clahe", "Equalize", "Stretch", "Window", "Windows"]
