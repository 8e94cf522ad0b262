"""The configuration of ``lungseg train`` as overrides make it."""

from lungseg.config import compose


def train_config(*overrides):
    return compose("train", overrides)
