"""How the study was run: enough to run it again."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

from .._command_name import COMMAND
from .._presentation.text import MISSING, clean, count, dollars, duration, listing, one_line, sentence, whole
from .figure import Table, trimmed
from .page_blocks import Code, Facts, Grid, Heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._analysis import Analysis
    from .._reading.frames import Source
    from .page_blocks import Block

_LONG = 160
_MOST_FACTS = 80
_MOST_TEXTS = 40
_LIBRARIES = ("pytest-refinery", "numpy", "scipy", "pandas", "statsmodels", "altair", "vl-convert-python")
_MACHINE = ("node", "system", "release", "machine", "python_implementation", "python_version", "cpu")


def version(distribution: str) -> str:
    """Return the installed version of a distribution, or a dash."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return MISSING


def footer(analysis: Analysis) -> str:
    """One line for the foot of the page."""
    dates = sorted(
        {one_line(source.datetime, limit=40) for source in analysis.results.sources if source.datetime}
    )
    when = f"Timed {listing(dates)}. " if dates else ""
    return f"{when}Written by pytest-refinery {version('pytest-refinery')}. This file is complete: it loads nothing."


def blocks(analysis: Analysis) -> tuple[Block, ...]:
    """Return what the files say of the study, of each machine, of the cost, and how to get this page again."""
    parts: list[Block] = [Facts(_study(analysis)), Heading("What it cost"), Grid(_costs(analysis))]
    for source in analysis.results.sources:
        parts += _source(source)
    return (*parts, Heading("This analysis"), Facts(_again(analysis)))


def _study(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    results = analysis.results
    models = sorted({one_line(name, limit=80) for name in results.programs["llm"].dropna()})
    pairs = [("study", results.study or "not told"), ("task", results.task or "not told")]
    pairs += [("model", listing(models) if models else "not told")]
    pairs += [
        (f"factor {one_line(name, limit=60)}", listing(levels, limit=80))
        for name, levels in results.factors.items()
        if name not in results.derived
    ]
    sizes = sorted({int(n) for n in analysis.sample.generated})
    pairs.append(
        ("programs per treatment", f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}")
    )
    for name, title in (("list", "lists"), ("block", "blocks"), ("session", "sessions")):
        if results.runs[name].notna().any():
            pairs.append((title, f"{results.runs[name].nunique():,}"))
    pairs.append(("timed runs of final programs", f"{len(results.runs):,}"))
    return tuple((name, one_line(value, limit=2000)) for name, value in pairs)


def _costs(analysis: Analysis) -> Table:
    rows = [
        (
            one_line(cost.treatment, limit=64),
            f"{cost.programs}",
            whole(cost.calls),
            whole(cost.prompt_tokens),
            whole(cost.completion_tokens),
            dollars(cost.usd),
            duration(cost.timing_seconds),
        )
        for cost in analysis.cost.by_treatment
    ]
    rows.append(
        (
            "all",
            f"{sum(cost.programs for cost in analysis.cost.by_treatment)}",
            "",
            "",
            "",
            dollars(analysis.cost.usd),
            "",
        )
    )
    return trimmed(
        Table(
            caption=" ".join(
                ("Calls, tokens, money and timing.", sentence(analysis.cost.note or ""))
            ).strip(),
            columns=("treatment", "programs", "calls", "tokens in", "tokens out", "paid", "timing"),
            rows=tuple(rows),
        )
    )


def _source(source: Source) -> list[Block]:
    facts: list[tuple[str, str]] = []
    texts: list[tuple[str, str]] = []
    rows: list[tuple[str, Any]] = [("machine", source.machine), ("recorded", source.datetime)]
    rows += [("pytest-benchmark", source.version)]
    rows += [(f"machine: {name}", source.machine_info.get(name)) for name in _MACHINE]
    rows += [("commit", source.commit_info), ("study", source.study), ("refinery", source.refinery)]
    for name, value in ((n, v) for group, content in rows for n, v in _flat(group, content)):
        text = clean(value, limit=20_000)
        if len(text) > _LONG or "\n" in text:
            texts.append((name, text))
        elif text:
            facts.append((one_line(name, limit=120), text))
    more = len(facts) - _MOST_FACTS
    kept = facts[:_MOST_FACTS] + (
        [("and", f"{count(more, 'further entry', 'further entries')} in the file")] if more > 0 else []
    )
    parts: list[Block] = [Heading(f"From {one_line(source.file, limit=200)}"), Facts(tuple(kept))]
    parts += [Code(one_line(name, limit=120), text) for name, text in texts[:_MOST_TEXTS]]
    return parts


def _flat(name: str, value: object, *, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Flatten nested records into dotted names; what is missing is left out, deep nests stay as they are."""
    if value is None or value in ("", {}, []):
        return
    if isinstance(value, dict) and depth < 4:  # noqa: PLR2004 - no one reads deeper
        yield from _flat_mapping(name, value, depth=depth)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value) and depth < 4:  # noqa: PLR2004
        for i, item in enumerate(value):
            yield from _flat(f"{name} {i + 1}", item, depth=depth + 1)
    elif isinstance(value, list):
        yield name, ", ".join(str(item) for item in value)
    else:
        yield name, value


def _flat_mapping(name: str, value: Mapping[str, object], *, depth: int) -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        yield from _flat(f"{name}: {key}" if depth == 0 else f"{name}.{key}", item, depth=depth + 1)


def _again(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    options = analysis.options
    files = " ".join(one_line(source.file, limit=200) for source in analysis.results.sources)
    words = [
        f"{COMMAND} {files}",
        f"--response {options.response or options.scale}",
        f"--type {options.type}",
    ]
    if options.model:
        words.append(f'--model "{one_line(options.model, limit=200)}"')
    if options.effect is not None:
        words.append(f"--effect {options.effect:g}")
    words += [f"--nested {turn}" for turn in options.nested]
    words += [f"--alpha {options.alpha:g}", f"--power {options.power:g}", "--out DIR"]
    return (
        ("command", " ".join(words)),
        ("response", f"{options.scale} ({analysis.sample.unit}), one value for each program that passed"),
        ("versions", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)),
    )
