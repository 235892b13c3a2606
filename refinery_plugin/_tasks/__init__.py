"""The tasks that come with the plugin."""

from __future__ import annotations

from refinery_plugin._tasks.core import CORE_TASKS
from refinery_plugin._tasks.digit_sum_difference import DIGIT_SUM_DIFFERENCE

__all__ = ["DIGIT_SUM_DIFFERENCE", "SHIPPED_TASKS"]

SHIPPED_TASKS = (DIGIT_SUM_DIFFERENCE, *CORE_TASKS)
