"""The configuration of ``lungseg train`` as overrides make it."""

import hydra

from lungseg.config import conf_dir, register_resolvers


def train_config(*overrides):
    register_resolvers()
    with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return hydra.compose("train", list(overrides))
