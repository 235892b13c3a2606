"""Write the data on passing and time-outs: ``python tests/analysis/r/make_passing_data.py`` (figures are made up)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / "data"


def main() -> None:
    """Write the three files."""
    rng = np.random.default_rng(20261126)
    rows = ["model,temperature,replicate,list,run,seconds,passed,censored,limit"]
    # One cell passes always, one never: plain logistic regression has no estimate.
    chance = {
        ("a", 0.0): 1.0,
        ("a", 0.5): 0.7,
        ("a", 1.0): 0.5,
        ("b", 0.0): 0.8,
        ("b", 0.5): 0.5,
        ("b", 1.0): 0.0,
    }
    for (model, temperature), p in chance.items():
        for replicate in range(1, 8):
            passed = rng.random() < p
            seconds = (
                f"{np.exp(rng.normal(0.3 * (model == 'b') + 0.4 * temperature, 0.4)):.6f}" if passed else ""
            )
            rows.append(f"{model},{temperature},{replicate},1,1,{seconds},{passed},False,10")
    (DATA / "separated.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rows = ["model,replicate,list,run,seconds,passed,censored,limit"]
    for i, model in enumerate("abc"):
        for replicate in range(1, 15):
            took = float(np.exp(rng.normal(0.5 + 0.5 * i, 0.6)))
            late, wrong = took > 4, rng.random() < 0.1
            told = "4" if late else "" if wrong else f"{took:.6f}"
            rows.append(f"{model},{replicate},1,1,{told},{not late and not wrong},{late},4")
    (DATA / "late.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rows = ["task,model,replicate,list,run,seconds,passed"]
    for task in range(1, 13):
        ease = rng.normal(0, 1.2)
        for i, model in enumerate("ab"):
            here = ease + 0.9 * i + rng.normal(0, 0.7)
            for replicate in range(1, 6):
                passed = rng.random() < 1 / (1 + np.exp(-here))
                rows.append(f"t{task},{model},{replicate},1,1,{1.0 if passed else ''},{passed}")
    (DATA / "many_tasks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
