"""How often tests reject at a study's own design, by simulation of whole experiments at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from .._errors import AnalysisError
from . import rowwise as many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from .._arrays import Floats, Integers

Approximate: TypeAlias = Literal["welch", "kruskal", "brown-forsythe", "shapiro", "games-howell"]

SEED = 20250302
SIMULATIONS = 10_000

_CELLS = 2_000_000
_CHUNK = 500_000
_FEWEST = 200
_LARGEST = 1000


def size(test: str, counts: Sequence[int], *, alpha: float, seed: int = SEED) -> tuple[float, float, int]:
    """Rejection rate of an approximate test when nothing differs, at these group sizes.

    Parameters
    ----------
    test : ``welch``, ``kruskal``, ``brown-forsythe``, ``shapiro`` (on what groups' means leave over) or
        ``games-howell`` (any pair).
    counts : programs per treatment; zeros are left out.
    alpha : nominal level.
    seed : of the simulation; the same seed gives the same result.

    Returns
    -------
    The rate, its Monte-Carlo standard error, and the number of simulated experiments: 10,000, fewer for large
    designs so that the work stays bounded (at least 200).

    Notes
    -----
    Programs are normal with equal spread. Tests of ranks, medians and order statistics see no more than about
    1,000 programs: larger groups are shrunk in proportion, which only makes an approximation worse, never better.

    Raises
    ------
    AnalysisError : the test can't be done at these sizes.
    """
    if test not in get_args(Approximate):
        raise AnalysisError(
            f"test {test!r}: its size can't be simulated; choose from {', '.join(get_args(Approximate))}"
        )
    n = np.asarray([count for count in counts if count > 0], dtype=np.intp)
    _check(test, n)
    rng = np.random.default_rng(seed)
    from_moments = _FROM_MOMENTS.get(test)
    if from_moments is not None:
        width = n.size if test == "welch" else n.size * (n.size - 1) // 2
        rejects = (from_moments(*_drawn(n, rows, rng), n, alpha) for rows in _chunks(width))
    else:
        n = _shrunk(n)
        from_data = _FROM_DATA[test]
        rejects = (
            from_data(rng.standard_normal((rows, int(n.sum()))), n, alpha) for rows in _chunks(int(n.sum()))
        )
    rejected = np.concatenate(list(rejects))
    return (*rate(rejected), rejected.size)


def rate(rejected: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return the share of rejections and its Monte-Carlo standard error, never zero (one more of each is counted)."""
    share = float(rejected.mean())
    smooth = (float(rejected.sum()) + 1) / (rejected.size + 2)
    return share, math.sqrt(smooth * (1 - smooth) / rejected.size)


def experiments(
    counts: Sequence[int],
    *,
    sigma: float,
    means: Sequence[float] | None = None,
    contrasts: Mapping[str, Floats] | None = None,
    simulations: int = SIMULATIONS,
    seed: int = SEED,
) -> dict[str, Floats]:
    """Simulate whole experiments with normal programs, and test each of them.

    Parameters
    ----------
    counts : programs per treatment, shape (k,); at least one treatment has two.
    sigma : SD between programs of one treatment.
    means : of the treatments, shape (k,); all equal by default.
    contrasts : weights (k,) by name, for Student's t with the pooled variance.
    simulations, seed : how many experiments, and where their random numbers start.

    Returns
    -------
    p values, shape (simulations,), by test: ``f``, ``welch`` (if every treatment has two), ``kruskal`` and the
    contrasts' names.

    Raises
    ------
    AnalysisError : the sizes leave nothing to test.

    Examples
    --------
    >>> p = experiments([3, 3], sigma=1.0, means=[0.0, 9.0], simulations=100)
    >>> bool((p["f"] < 0.05).mean() > 0.9)
    True
    """
    n = np.asarray(counts, dtype=np.intp)
    if n.size < 2 or (n < 1).any() or int(n.sum()) <= n.size:  # noqa: PLR2004
        raise AnalysisError(
            f"simulation: {n.tolist()} programs per treatment leave nothing to test; the least are two "
            "treatments with a program each, and two in one of them"
        )
    centre = np.repeat(np.zeros(n.size) if means is None else np.asarray(means, dtype=np.float64), n)
    rng = np.random.default_rng(seed)
    parts: dict[str, list[Floats]] = {}
    for rows in _chunks(int(n.sum()), simulations):
        y = centre + sigma * rng.standard_normal((rows, centre.size))
        mean, squares = many.moments(y, n)
        parts.setdefault("f", []).append(many.f_test(mean, squares, n))
        if n.min() > 1:
            parts.setdefault("welch", []).append(many.welch_test(mean, squares, n))
        parts.setdefault("kruskal", []).append(many.kruskal_test(many.ranked(y), n))
        for name, weights in (contrasts or {}).items():
            parts.setdefault(name, []).append(many.contrast_test(mean, squares, n, weights))
    return {name: np.concatenate(found) for name, found in parts.items()}


def _check(test: str, n: Integers) -> None:
    if test == "shapiro":
        if int(n.sum()) < 3 or n.max(initial=0) < 2:  # noqa: PLR2004
            raise AnalysisError("size of shapiro: it needs three programs, two of them of one treatment")
        return
    least = 2 if test in {"welch", "games-howell"} else 1
    if n.size < 2 or int(n.min()) < least:  # noqa: PLR2004
        raise AnalysisError(f"size of {test}: it needs two treatments with {least} or more programs each")
    if test == "brown-forsythe" and int(n.max()) <= 2:  # noqa: PLR2004
        raise AnalysisError("size of brown-forsythe: with at most two programs a treatment it is 0/0")


def _chunks(width: int, simulations: int | None = None) -> Iterator[int]:
    """Yield numbers of experiments that fit into memory; without ``simulations`` as many as the work allows."""
    left = min(SIMULATIONS, max(_FEWEST, _CELLS // width)) if simulations is None else simulations
    step = max(1, _CHUNK // width)
    while left > 0:
        yield min(step, left)
        left -= step


def _shrunk(n: Integers) -> Integers:
    total = int(n.sum())
    if total <= _LARGEST:
        return n
    # Groups of five and fewer stay as they are: approximations are worst there.
    return np.asarray(np.minimum(n, np.maximum(5, np.rint(n * (_LARGEST / total)))), dtype=np.intp)


def _drawn(n: Integers, rows: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw groups' means and sums of squares; of normal programs they are independent."""
    mean = rng.standard_normal((rows, n.size)) / np.sqrt(n)
    return mean, 2 * rng.standard_gamma(np.broadcast_to((n - 1) / 2, (rows, n.size)))


_FROM_MOMENTS: Mapping[str, Callable[[Floats, Floats, Integers, float], npt.NDArray[np.bool_]]] = {
    "welch": lambda mean, squares, n, alpha: many.welch_test(mean, squares, n) <= alpha,
    "games-howell": lambda mean, squares, n, alpha: many.games_howell_rejects(mean, squares, n, alpha=alpha),
}
_FROM_DATA: Mapping[str, Callable[[Floats, Integers, float], npt.NDArray[np.bool_]]] = {
    "kruskal": lambda y, n, alpha: many.kruskal_test(many.ranked(y), n) <= alpha,
    "brown-forsythe": lambda y, n, alpha: many.brown_forsythe_test(y, n) <= alpha,
    "shapiro": lambda y, n, alpha: many.shapiro_test(many.residuals(y, n)) <= alpha,
}
