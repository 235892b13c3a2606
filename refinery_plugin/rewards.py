"""Rewards for programs, in the signatures that trainers call; no trainer is imported before it is asked for.

A reward is a number from 0 to 1, or ``None`` (``nan`` where a trainer takes numbers only): no score, since the fault is
not the program's. Where there are several tasks, a column ``task_id`` names the task of each completion.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from refinery_plugin._errors import RefineryError
from refinery_plugin._training.completion import text_of
from refinery_plugin._training.reward import reward
from refinery_plugin._training.scorer import Scorer, Tasks, tasks_by_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from refinery_plugin._study.task import Task

__all__ = ["TRLReward", "compute_score", "register", "reward", "verifiers_reward", "verifiers_rubric"]


class TRLReward(Scorer):
    """A reward function for TRL's trainers: ``GRPOTrainer(reward_funcs=TRLReward(task=task), ...)``.

    Parameters
    ----------
    task : a task, the name of one that comes with the plugin, or several of these; then the data set has a column
        ``task_id``.
    options : ``speed``, ``workers``, ``runs``, ``sandbox``, ``packages``, and others of ``Verifier``.
    """

    def __init__(self, task: Tasks, **options: Any) -> None:  # noqa: ANN401 - the scorer's own
        super().__init__(task, **options)
        self.__name__ = "refinery_reward"  # what TRL calls it in its logs

    def __call__(
        self,
        prompts: Sequence[object],
        completions: Sequence[object],
        **columns: Any,  # noqa: ANN401
    ) -> list[float | None]:
        """Reward completions, conversational or plain, in their order.

        Parameters
        ----------
        prompts : not looked at.
        columns : those of the data set, each as long as ``completions``; ``task_id`` is used.

        Raises
        ------
        RefineryError : for an unknown task, or one that cannot be judged on this machine.
        """
        del prompts
        ids = columns.get("task_id")
        return self.score([None] * len(completions) if ids is None else list(ids), completions)


_registered: dict[str, Task] = {}
_scorers: dict[object, Scorer] = {}


def register(tasks: Tasks) -> None:
    """Make tasks known to ``compute_score``, beside those that come with the plugin."""
    _registered.update(tasks_by_id(tasks))


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: object,
    extra_info: Mapping[str, Any] | None = None,
    *,
    speed: float = 0.0,
    reward_router_address: object = None,
    reward_model_tokenizer: object = None,
    **options: Any,  # noqa: ANN401 - the scorer's own
) -> float | None:
    """Reward one solution, as verl's reward managers ask for it.

    Parameters
    ----------
    data_source, ground_truth, extra_info : ``extra_info["task_id"]`` names the task, else ``ground_truth``, else
        ``data_source`` does.
    solution_str : the model's answer.
    reward_router_address, reward_model_tokenizer : not looked at: verl hands them over where a reward model runs too.

    Returns
    -------
    ``None`` where the fault is not the program's: verl needs a number, so say there what such an answer counts for you.

    Raises
    ------
    RefineryError : for an unknown task, or one that cannot be judged on this machine.
    """
    del reward_router_address, reward_model_tokenizer
    given = ((extra_info or {}).get("task_id"), ground_truth, data_source)
    names = [str(name) for name in given if name is not None and str(name)]
    task = _named(names)
    key = (id(task), speed, repr(sorted(options.items())))
    # No lock, which a child that is forked might find taken: of two that are made at once, one is kept.
    scorer = _scorers.get(key) or _scorers.setdefault(key, Scorer(task, speed=speed, **options))
    return scorer.score([None], [solution_str])[0]


def _named(names: Sequence[str]) -> Task:
    """Return the task that the first of some names that is known has; one of yours stands before one that ships."""
    from refinery_plugin._tasks import SHIPPED_TASKS  # noqa: PLC0415 - importing this module stays cheap

    known: dict[str, Task] = {task.name: task for task in SHIPPED_TASKS} | _registered
    task = next((known[name] for name in names if name in known), None)
    if task is None:
        raise RefineryError(
            f"none of {', '.join(map(repr, names)) or 'data_source, ground_truth and extra_info'} names a task; "
            "make yours known by refinery_plugin.rewards.register(tasks)"
        )
    return task


def verifiers_rubric(tasks: Tasks, *, weight: float = 1.0, **options: Any) -> Any:  # noqa: ANN401 - a class of verifiers
    """Return a ``Rubric`` of the package ``verifiers``, below its version 0.4.

    The task of a rollout is named by ``info["task_id"]``, else by ``task``, else by ``answer``. Where the fault is not
    the program's the score is ``nan``: that package takes everything that is no number for 0.

    Raises
    ------
    RefineryError : when no ``verifiers`` below 0.4 is installed.
    """
    try:
        from verifiers import Rubric  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    except ImportError as exc:
        raise RefineryError(
            "verifiers_rubric needs the package verifiers below 0.4: pip install 'verifiers<0.4'; its later versions "
            "take verifiers_reward"
        ) from exc
    scorer = Scorer(tasks, **options)

    async def refinery_reward(
        completion: object, task: object = None, answer: object = None, info: object = None
    ) -> float:
        given = getattr(info, "get", lambda _: None)("task_id")
        task_id = None if given is None else str(given)
        known = [name for name in (task_id, task, answer) if isinstance(name, str) and name in scorer.tasks]
        name = known[0] if known else task_id if isinstance(given, str) or len(scorer.tasks) > 1 else None
        (score,) = await asyncio.to_thread(scorer.score, [name], [completion])
        return math.nan if score is None else score

    return Rubric(funcs=[refinery_reward], weights=[weight])


def verifiers_reward(tasks: Tasks, **options: Any) -> Callable[[Any, Any], Awaitable[float]]:  # noqa: ANN401
    """Return a reward function in the form of version 1 of ``verifiers``: ``await score(task, trace)``.

    ``task`` is the data of a task, whose ``id`` or ``name`` names ours; ``trace.last_reply`` is the completion. It is
    to be called from a method that ``@vf.reward`` marks. Where the fault is not the program's it raises: the rollout is
    then one with an error, and has no score.
    """
    scorer = Scorer(tasks, **options)

    async def refinery_reward(task: Any, trace: Any) -> float:  # noqa: ANN401 - classes of verifiers
        given = [getattr(task, "id", None), getattr(task, "name", None)]
        names = [str(name) for name in given if name is not None]
        known = [name for name in names if name in scorer.tasks]
        name = known[0] if known else next((name for name in names if name and len(scorer.tasks) > 1), None)
        verified = await asyncio.to_thread(scorer.verify, [name], [text_of(trace.last_reply)])
        score = reward(verified[0], speed=scorer.speed)
        if score is None:
            raise RefineryError(f"not judged: {verified[0].fault}")
        return score

    return refinery_reward
