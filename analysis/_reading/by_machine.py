"""One file whose programs ran on several machines, as one file for each machine (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def by_machine(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the document, or where its ``refinery.machines`` names machines its part of each of these.

    A program that ran nowhere, such as an empty file, is in the first part.
    """
    refinery = document["refinery"]
    listed = refinery.get("machines")
    machines = (
        [one for one in listed if isinstance(one, dict) and one.get("name")] if _is_list(listed) else []
    )
    if not machines:
        yield document
        return
    names = [one["name"] for one in machines]
    for machine in machines:
        name = machine["name"]
        own = {
            key: [entry for entry in refinery[key] if _home(entry, names) == name]
            for key in ("programs", "reference")
            if _is_list(refinery.get(key))
        }
        # Blocks and the other machines are of no use to one machine's part.
        rest = {key: value for key, value in refinery.items() if key not in ("machines", "blocks")}
        yield {
            **document,
            "machine_info": machine,
            "benchmarks": [entry for entry in document["benchmarks"] if _home(_info(entry), names) == name],
            "refinery": {**rest, **own, "machine": name},
        }


def _home(entry: object, names: list[str]) -> str:
    name = entry.get("machine") if isinstance(entry, dict) else None
    return name if name in names else names[0]


def _info(entry: object) -> object:
    return entry.get("extra_info") if isinstance(entry, dict) else None


def _is_list(value: object) -> bool:
    return isinstance(value, list)
