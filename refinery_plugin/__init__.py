"""Run designed experiments on code written by language models, as a pytest plugin."""

from refinery_plugin._errors import RefineryError
from refinery_plugin._task import Task

__all__ = ["RefineryError", "Task"]
