"""This repository's own use of the plugin: its study is ``[tool.refinery]`` in ``pyproject.toml``."""

pytest_plugins = ["pytester"]
