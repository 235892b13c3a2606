"""A study of several tasks: how they are named, and what follows for files and seeds."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from doubles import TASK

from refinery_plugin._study.study import Study, StudyError
from refinery_plugin._study.task_names import task_folder
from refinery_plugin._study.toml import load_study
from refinery_plugin._study.units import LooseProgramError, directory_units, study_units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from refinery_plugin import Task

NAMES = ("core-a", "core-b", "other", "suite/0", "suite/1")


def known(**settings: Mapping[str, object]) -> dict[str, Task]:
    return {
        name: dataclasses.replace(TASK, name=name, settings=settings.get(name.replace("-", "_"), {}))
        for name in NAMES
    }


def study(path: Path, tasks: str, *, tables: Mapping[str, Task] | None = None, rest: str = "") -> Study:
    file = path / "study.toml"
    file.write_text(f'name = "s"\n{tasks}\nreplicates = 2\n{rest}\n')
    return load_study(file, tables or known())


def test_patterns_mean_known_names_each_once_in_the_order_of_the_study(tmp_path: Path) -> None:
    """A name is itself, a pattern all that match, and what two of them mean is there once."""
    found = study(tmp_path, 'tasks = ["suite/*", "core-b", "core-*"]')
    assert found.tasks == ("suite/0", "suite/1", "core-b", "core-a")
    assert found.task is None
    assert found.programs == 4 * 1 * 2


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        (
            'tasks = ["core-*", "nothing-*"]',
            r"tasks\[1\]: the pattern 'nothing-\*' matches no task; known are",
        ),
        ('tasks = ["cor-a"]', r"tasks\[0\]: there is no task 'cor-a' \(did you mean 'core-a'\?\)"),
        ('tasks = ["other", "other"]', r"tasks\[1\]: 'other' is there twice"),
        ('tasks = ["other"]\ntask = "core-a"', "tasks: is there beside task .'core-a'.; keep one of the two"),
        ("tasks = []", "tasks: must be a list of names or patterns"),
        ('tasks = "core-*"', "tasks: must be a list of names or patterns"),
        ("tasks = [3]", "tasks: must be a list of names or patterns"),
    ],
)
def test_a_mistake_in_tasks_is_told_with_its_place_and_the_way_out(
    tmp_path: Path, tasks: str, told: str
) -> None:
    """Before anything is generated."""
    with pytest.raises(StudyError, match=told):
        study(tmp_path, tasks)


def test_files_begin_with_the_task_also_where_only_one_matches(tmp_path: Path) -> None:
    """A task that is added later moves no file; the slash of a suite makes a folder."""
    one = study(tmp_path, 'tasks = ["suite/0"]', rest="[factors]\nagents = [1, 2]")
    several = study(tmp_path, 'tasks = ["suite/0", "other"]', rest="[factors]\nagents = [1, 2]")
    files = [unit.file for unit in study_units(one, tmp_path)]
    assert files == [f"suite/0/agents={a}-r{r}.py" for a in (1, 2) for r in (1, 2)]
    units = study_units(several, tmp_path)
    assert [unit.file for unit in units][:4] == files
    assert [unit.id for unit in units][4] == "other/agents=1-r1"
    assert all(unit.path == tmp_path / unit.file for unit in units)


def test_seeds_of_a_task_are_its_own_and_stay_when_tasks_and_replicates_come(tmp_path: Path) -> None:
    """Recordings of a study that grows are found again; without ``tasks`` they are those of ever."""

    def seeds(of: Study, task: str | None) -> list[int]:
        (treatment,) = of.treatments
        return [of.request_seed(treatment, number, 1, task=task) for number in (1, 2)]

    few, more = study(tmp_path, 'tasks = ["other"]'), study(tmp_path, 'tasks = ["core-*", "other"]')
    alone = study(tmp_path, 'task = "other"')
    assert seeds(few, "other") == seeds(more, "other")
    assert len({*seeds(more, "other"), *seeds(more, "core-a"), *seeds(alone, None)}) == 6


def test_programs_from_elsewhere_are_looked_for_in_the_folders_of_their_tasks(tmp_path: Path) -> None:
    """What is in none of them is refused, and not judged as some task's."""
    found = study(tmp_path, 'tasks = ["suite/0", "other"]', rest="[factors]\nagents = [1, 2]")
    with pytest.raises(LooseProgramError, match="no folder of any task"):
        directory_units(found, tmp_path)
    for name in ("suite/0/agents=2-r1.py", "other/mine.py", "other/agents=3-r1.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("def double(number): ...")
    units = directory_units(found, tmp_path)
    assert [(unit.id, unit.task, unit.replicate) for unit in units] == [
        ("suite/0/agents=2-r1", "suite/0", 1),
        ("other/agents_3-r1", "other", None),
        ("other/mine", "other", None),
    ]
    (tmp_path / "loose.py").write_text("")
    with pytest.raises(
        LooseProgramError, match=r"loose\.py: study s has 2 tasks, and nothing says for which"
    ):
        directory_units(found, tmp_path)


def test_settings_of_tasks_are_a_factor_where_all_have_them_and_one_value_where_they_differ(
    tmp_path: Path,
) -> None:
    """What would not vary in some task, or differ unsaid between tasks, is refused."""
    differing = known(core_a={"size": 3}, core_b={"size": 4})
    with pytest.raises(
        StudyError, match=r"size: is a setting of task 'core-a' .default 3. and of task 'core-b'"
    ):
        study(tmp_path, 'tasks = ["core-*"]', tables=differing)
    said = study(tmp_path, 'tasks = ["core-*"]', tables=differing, rest="size = 5")
    assert said.treatments[0].settings.extra == {"size": 5}
    with pytest.raises(StudyError, match=r"factors\.size: task 'other' has no setting 'size'"):
        study(tmp_path, 'tasks = ["core-a", "other"]', tables=differing, rest="[factors]\nsize = [1, 2]")


def test_names_that_would_share_a_folder_are_refused(tmp_path: Path) -> None:
    """A folder holds programs of one task; none leads out of the study's."""
    tables = {name: dataclasses.replace(TASK, name=name) for name in ("a b", "ab")}
    with pytest.raises(StudyError, match="'a b' and 'ab' would share file names"):
        study(tmp_path, 'tasks = ["a*"]', tables=tables)
    assert task_folder("../../etc//x") == "_/_/etc/_/x"
