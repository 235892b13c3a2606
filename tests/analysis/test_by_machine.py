"""One file whose programs ran on several machines."""

from __future__ import annotations

from refinery_analysis._reading.by_machine import by_machine


def test_each_machine_has_its_part() -> None:
    """Programs, references and benchmarks go with their machine; what ran nowhere is in the first part."""
    document = {
        "benchmarks": [{"extra_info": {"machine": name}} for name in ("a", "b", "a")],
        "refinery": {
            "machines": [{"name": "a", "node": "n1"}, {"name": "b", "node": "n2"}],
            "blocks": [{"machine": "a"}],
            "programs": [{"id": 1, "machine": "b"}, {"id": 2}, {"id": 3, "machine": "a"}],
            "reference": [{"machine": "a"}, {"machine": "b"}],
        },
    }
    one, other = by_machine(document)
    assert [len(part["benchmarks"]) for part in (one, other)] == [2, 1]
    assert [[each["id"] for each in part["refinery"]["programs"]] for part in (one, other)] == [[2, 3], [1]]
    assert [len(part["refinery"]["reference"]) for part in (one, other)] == [1, 1]
    assert [part["refinery"]["machine"] for part in (one, other)] == ["a", "b"]
    assert other["machine_info"]["node"] == "n2"


def test_a_file_of_one_machine_stays_as_it_is() -> None:
    """The very same document."""
    document = {"benchmarks": [], "refinery": {"programs": []}}
    assert [part is document for part in by_machine(document)] == [True]
