"""A framework with one wrong function: it rounds half up, unless its maker has mended it; or it raises."""

import os

import numpy as np

__version__ = "1.0"


class Quantizer:
    def __init__(self, step, lowest, highest):
        self.step, self.lowest, self.highest = step, lowest, highest

    def __call__(self, values):
        if os.environ.get("RAISED"):
            raise eval(os.environ["RAISED"])
        quotient = values / self.step
        rounded = np.rint(quotient) if os.environ.get("MENDED") else np.floor(quotient + np.float32(0.5))
        return np.clip(rounded, self.lowest, self.highest)
