"""Programs that lie there: whether the trajectory beside them is of this study, task, treatment and prompt."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from test_engine import TASK

from refinery_plugin._generation.provenance import Provenance
from refinery_plugin._study.toml import load_study
from refinery_plugin._study.units import Unit

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_plugin._study.study import Study

TEXT = f'name = "mine"\ntask = "{TASK.name}"\nreplicates = 1\n[factors]\nagents = [1, 2]\n'


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Read a study of two treatments."""
    (tmp_path / "study.toml").write_text(TEXT)
    return load_study(tmp_path / "study.toml", {TASK.name: TASK})


@pytest.fixture
def unit(tmp_path: Path, study: Study) -> Unit:
    """Make the program of the first treatment."""
    path = tmp_path / "agents=1-r1.py"
    path.write_text("def f(): ...\n")
    return Unit(treatment=study.treatments[0], replicate=1, path=path)


def tell(unit: Unit, **document: object) -> Provenance:
    """Write a trajectory beside a program, and read it again."""
    unit.trajectory_path.write_text(json.dumps(document))
    return Provenance.of(unit)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({}, None),
        ({"study": "mine", "treatment": {"agents": 1}, "settings": {"agents": 1, "unheard-of": 3}}, None),
        ({"study": "yours"}, "it is of study 'yours', not 'mine'"),
        ({"task": "sort"}, f"it is of task 'sort', not {TASK.name!r}"),
        ({"treatment": {"agents": 2}}, "its agents was 2, not 1"),
        ({"settings": {"temperature": 9.5}}, "its temperature was 9.5, not "),
        ({"request": {"drop": ["x" * 80]}}, "its request was {'drop': ['xxx"),
        ({"prompt_sha256": "0" * 64}, f"the prompt of task {TASK.name} was another one when it was made"),
    ],
)
def test_what_is_anothers_is_told(
    unit: Unit, study: Study, document: dict[str, object], told: str | None
) -> None:
    """What only one of the two knows is no difference."""
    found = tell(unit, **document).mismatch(unit, study=study, task=TASK)
    assert found is None if told is None else str(found).startswith(told)


def test_a_program_that_somebody_put_there_has_no_provenance(unit: Unit, study: Study) -> None:
    """The trajectory is of the program with its checksum only."""
    own = hashlib.sha256(unit.path.read_bytes()).hexdigest()
    assert tell(unit, sha256=own, study="yours").is_of_another(study.name)
    assert not tell(unit, sha256="0" * 64, study="yours").is_of_another(study.name)
    unit.trajectory_path.write_text("{")
    assert Provenance.of(unit).document == {}


def test_a_program_of_no_treatment_is_compared_by_study_and_task_alone(unit: Unit, study: Study) -> None:
    """A file from elsewhere says nothing of a treatment."""
    elsewhere = dataclasses.replace(unit, treatment=None, replicate=None)
    assert tell(elsewhere, settings={"agents": 7}).mismatch(elsewhere, study=study, task=TASK) is None
