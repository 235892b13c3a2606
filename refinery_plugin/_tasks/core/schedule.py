"""Many right answers: an order of jobs in which none waits for a later one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-schedule"


def find_order(jobs: int, needs: list[tuple[int, int]]) -> list[int]:
    """Look through all needs for a job that waits for nothing, again and again."""
    order: list[int] = []
    done = [False] * jobs
    while len(order) < jobs:
        waiting = [False] * jobs
        for job, earlier in needs:
            if not done[earlier]:
                waiting[job] = True
        ready = [job for job in range(jobs) if not (done[job] or waiting[job])]
        done[ready[0]] = True
        order.append(ready[0])
    return order


def check(arguments: tuple[object, ...], result: object) -> bool | str:
    """Accept every order of all jobs that respects every need."""
    jobs, needs = arguments
    if not (isinstance(result, list) and isinstance(jobs, int) and isinstance(needs, list)):
        return "it is no list"
    if sorted(result) != list(range(jobs)):
        return f"it does not hold each of the {jobs} jobs once"
    place = {job: number for number, job in enumerate(result)}
    late = [(job, earlier) for job, earlier in needs if place[earlier] > place[job]]
    return f"job {late[0][0]} comes before job {late[0][1]}, which it needs" if late else True


def sample(seed: int, *, size: int = 800) -> tuple[int, list[tuple[int, int]]]:
    """Return jobs that were numbered at random, each with about three needs, most of them of jobs just before it."""
    draw = Draw(NAME, seed)
    names = draw.subset(range(size), size)
    places, steps = draw.integers(1, size - 1, 3 * size), draw.integers(1, 25, 3 * size)
    needs = [(names[place], names[max(0, place - back)]) for place, back in zip(places, steps, strict=True)]
    return size, draw.subset(needs, len(needs))


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few jobs: one, none that needs another, chains in either direction, needs that are told twice."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    @st.composite
    def case(draw: st.DrawFn) -> tuple[object, ...]:
        jobs = draw(st.integers(1, 9))
        names = draw(st.permutations(range(jobs)))
        place = st.integers(0, jobs - 1)
        pairs = draw(st.lists(st.tuples(place, place), max_size=3 * jobs))
        return jobs, [(names[max(pair)], names[min(pair)]) for pair in pairs if pair[0] != pair[1]]

    return case()


TASK = declare(
    find_order,
    name=NAME,
    prompt="""
        There are `jobs` jobs, numbered from 0 (1 to 2,000 of them), and `needs`, a list of 0 to 10,000 tuples
        `(job, earlier)`: `job` can only be done after `earlier`. The two are never the same, the tuples are in any
        order, and some may occur more than once. It is always possible to do all jobs.

        Return a list of all jobs, each exactly once, in an order in which they can be done. Where there are several
        such orders, return any of them.
    """,
    sample=sample,
    strategy=strategy,
    check=check,
)
