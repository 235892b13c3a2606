"""The analysis as one JSON document; its keys are a promise to other people's scripts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .._inference.registry import REPORTED
from .._notes import noted
from .secondary_document import secondary_document

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from .._analysis import Analysis
    from .._inference.conclusions import Conclusion
    from .._inference.contrasts import ContrastTest
    from .._inference.pairwise import Pair
    from .._inference.result import TestResult
    from .._inference.statistical_test import Role
    from .._models.anova import AnovaTable
    from .._models.pass_rates import PassRate
    from .._models.pseudoreplication import Pseudoreplication
    from .._models.tasks import TasksFound

SCHEMA = 1


def document(analysis: Analysis) -> dict[str, Any]:
    """Return the whole analysis as plain values: what ``python -m analysis --json`` prints.

    What can't be estimated is null, and a ``note`` beside it says why.
    """
    return {
        "schema": SCHEMA,
        "study": analysis.results.study or None,
        "data": _data(analysis),
        "response": analysis.options.response or analysis.options.scale,
        "model": analysis.anova.model if analysis.anova else analysis.options.model,
        "unit": "program",
        "conclusions": [_conclusion(conclusion) for conclusion in analysis.conclusions],
        "variance": _variance(analysis),
        "tasks": _tasks(analysis.tasks),
        "anova": _anova(analysis.anova, analysis.options.type),
        "pseudoreplication": _pseudoreplication(analysis.pseudoreplication),
        "assumptions": _tests(analysis, "assumptions"),
        "robust": {
            **_tests(analysis, "robust"),
            "hc3": [{"term": test.name, **_test(test, ("df_num", "df_den"))} for test in analysis.hc3],
            "games_howell": [_pair(pair) for pair in analysis.games_howell],
        },
        "means": [_plain(mean) for mean in analysis.means],
        "pairwise": [_pair(pair) for pair in analysis.pairs],
        "contrasts": [_contrast(test) for test in analysis.contrasts],
        "failures": _failures(analysis),
        **secondary_document(analysis.further),
        "contamination": _contamination(analysis),
        "bounds": _bounds(analysis),
        "noise": [_plain(floor) for floor in analysis.noise],
        "power": _power(analysis),
        "cost": _cost(analysis),
        "notes": list(analysis.notes),
    }


def _plain(record: DataclassInstance) -> dict[str, Any]:
    """Return a record's fields; a note only where there is one."""
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {name: value for name, value in fields.items() if name != "note" or value is not None}


def _data(analysis: Analysis) -> dict[str, Any]:
    results, sample = analysis.results, analysis.sample
    passed = int(results.programs["passed"].sum())
    return {
        "trials": len(results.runs),
        "programs": len(results.programs),
        "passed": passed,
        "failed": len(results.programs) - passed,
        "treatments": len(sample.treatments),
        "balanced": sample.balanced,
        "analysed": int(sample.y.size),
        "contaminated": analysis.contamination.runs,
        "machines": list(results.machines),
        "factors": {name: list(levels) for name, levels in results.factors.items()},
    }


def _bounds(analysis: Analysis) -> dict[str, Any]:
    """Return what only says "at most"."""
    bounds = analysis.bounds
    return {
        "programs": sorted(bounds.programs),
        "treatments": [one.label for one in analysis.sample.treatments if one.label in bounds.treatments],
        "seconds": bounds.seconds,
    }


def _conclusion(conclusion: Conclusion) -> dict[str, Any]:
    values = _plain(conclusion)
    del values["compared"], values["kind"]  # ``method`` and ``response`` say it in words
    return values


def _variance(analysis: Analysis) -> dict[str, Any]:
    variance = analysis.variance
    return {
        "program": variance.program,
        "list": variance.list,
        "program_list": variance.program_list,
        "run": variance.run,
        "method": variance.method,
        "singular": variance.singular,
        "notes": list(variance.notes),
    }


def _tasks(tasks: TasksFound | None) -> dict[str, Any] | None:
    if tasks is None:
        return None
    fixed = [
        noted({"term": t.term, "df": t.df, "df_den": tasks.fixed_df_den, "F": t.f, "p": t.p}, t.note)
        for t in tasks.fixed
    ]
    over = [
        noted({"term": t.term, "df": t.df, "df_den": t.df_den, "F": t.f, "p": t.p}, t.note)
        for t in tasks.over
    ]
    return {
        "random": tasks.random,
        "n": len(tasks.by_task),
        "by_task": [_plain(task) for task in tasks.by_task],
        "ratio": None if tasks.ratio is None else _plain(tasks.ratio),
        "variance": _plain(tasks.variance),
        "fixed": {"terms": fixed},
        "over_tasks": {"terms": over, "method": tasks.method},
        "notes": list(tasks.notes),
    }


def _anova(table: AnovaTable | None, type: int) -> dict[str, Any]:  # noqa: A002
    if table is None:
        return {"type": type, "terms": [], "notes": ["no program passed"]}
    terms = [
        noted(
            {
                "term": term.term,
                "df": term.df,
                "sum_sq": term.sum_sq,
                "F": term.f,
                "p": term.p,
                "partial_eta_sq": term.partial_eta_sq,
                "omega_sq": term.omega_sq,
            },
            term.note,
        )
        for term in table.terms
    ]
    residual = {"term": "residual", "df": table.residual_df, "sum_sq": table.residual_sum_sq}
    return {"type": table.type, "terms": [*terms, residual], "notes": list(table.notes)}


def _pseudoreplication(inflated: Pseudoreplication | None) -> dict[str, Any] | None:
    if inflated is None:
        return None
    return {
        "observations": inflated.observations,
        "programs": inflated.programs,
        "anova": _anova(inflated.table, inflated.table.type),
        "note": "timings counted as independent observations, which they are not: no conclusion",
    }


def _tests(analysis: Analysis, role: Role) -> dict[str, Any]:
    """Return the registry's tests of one part of the document."""
    return {
        row.key: _test(analysis.tests[row.name], row.degrees)
        for row in REPORTED
        if row.role == role and row.key is not None
    }


def _test(test: TestResult, degrees: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {"statistic": test.statistic}
    values |= {name: getattr(test, name) for name in degrees}
    values["p"] = test.p
    if test.size is not None:
        values["simulated_size"] = _plain(test.size)
    values["trusted"] = test.trusted
    return noted(values, test.note)


def _pair(pair: Pair) -> dict[str, Any]:
    values = _plain(pair)
    del values["method"]
    size = values.pop("size")
    return values if size is None else {**values, "simulated_size": _plain(size)}


def _contrast(test: ContrastTest) -> dict[str, Any]:
    values = _plain(test)
    contrast, size = values.pop("contrast"), values.pop("robust_size")
    if size is not None:
        values["robust_simulated_size"] = _plain(size)
    return {"name": contrast.name, "factor": contrast.factor, "a": contrast.a, "b": contrast.b, **values}


def _failures(analysis: Analysis) -> dict[str, Any]:
    failures = analysis.failures
    par2 = {**_plain(failures.par2), "by_treatment": dict(failures.par2.by_treatment)}
    del par2["is_same"]  # for sentences
    return {
        "failed": failures.failed,
        "rates": [_failure_rate(rate) for rate in failures.rates],
        "test": _plain(failures.test),
        "given_success": dict(failures.given_success),
        "par2": par2,
        "kinds": [_plain(kind) for kind in failures.kinds],
        "sentence": failures.sentence,
    }


def _failure_rate(rate: PassRate) -> dict[str, Any]:
    return {"rate" if name == "estimate" else name: value for name, value in _plain(rate).items()}


def _contamination(analysis: Analysis) -> dict[str, Any]:
    contamination = analysis.contamination
    values = _plain(contamination)
    values["anova"] = (
        None if contamination.anova is None else _anova(contamination.anova, contamination.anova.type)
    )
    return values


def _power(analysis: Analysis) -> dict[str, Any] | None:
    published = analysis.published
    if analysis.power is None:
        return None
    return {
        **analysis.power.document(),
        "as_published": None
        if published is None
        else {
            "f": published.f,
            "power": published.power,
            "total_required": published.total_required,
            "mean_sd": published.mean_sd,
            "explanation": list(published.explanation),
        },
    }


def _cost(analysis: Analysis) -> dict[str, Any]:
    cost = analysis.cost
    values = {
        "usd": cost.usd,
        "usd_per_replicate": cost.usd_per_replicate,
        "by_treatment": [_plain(treatment) for treatment in cost.by_treatment],
    }
    return noted(values, cost.note)
