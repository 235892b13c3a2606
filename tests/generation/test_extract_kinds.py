"""Answers as models really give them: thinking, stray fences, no fences, programs in pieces, odd characters."""

from __future__ import annotations

import ast
import hashlib
import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refinery_plugin._generation.extract import extract_program
from refinery_plugin._generation.python_source import is_declaration

CASSETTES = Path(__file__).parents[2] / "cassettes" / "pilot"
GOOD = "def solve(x):\n    y = x\n    return y\n"
DRAFT = "def solve(x):\n    return 0\n"
INDENTED = textwrap.indent(GOOD, "    ")
FENCED = f"```python\n{GOOD}```"
F = "```"


def plain(program: str | None) -> str | None:
    """Return the program without anything that means nothing to Python."""
    return None if program is None else ast.unparse(ast.parse(program))


GOOD_PLAIN = plain(GOOD)


@pytest.mark.parametrize(
    "answer",
    [
        f" {GOOD}",
        f"   \n {GOOD}",
        textwrap.indent(GOOD, "  "),
        f"```python\n {GOOD}```",
        f"```python\n{textwrap.indent(GOOD, '   ')}```",
        f"Here:\n```python\n\n \t{GOOD}```\nDone.",
        "\xa0" + GOOD,
    ],
)
def test_a_blank_before_the_first_line_is_no_harm(answer: str) -> None:
    """What stands before the code, or before all of its lines alike, means nothing."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


@pytest.mark.parametrize(
    "answer",
    [
        f"{GOOD}```\n",
        f"{GOOD}```",
        f"Sure:\n\n{GOOD}\n```\nThis is linear.",
        f"Sure! Here it is:\n\n{GOOD}\nThis runs in linear time.\n",
        f"Sure! Here it is:\n{GOOD}\nDone.\n",
        f"Note: this is fast.\n{GOOD}\nOutput: x\n",
        f"{GOOD}\n# Explanation\n\nIt returns its argument, as is.",
        f"# Solution\n\n{GOOD}",
        f"Here is the code.\n\nimport math\n\n{GOOD}\nUse it.",
        f"```python\n{GOOD}\nThis runs in linear time and needs no extra memory.\n",
        f"python\n{GOOD}",
        f"Code:\n~~~\n{GOOD.rstrip()}~~~",
        f"```python\n{GOOD.rstrip()}```",
        f"```python\n{GOOD.rstrip()}```\n\nIt is fast.",
        f"```python\n{GOOD.rstrip()} ```\n\nIt is fast, as\n\n```\nsolve(1)\n```\nshows.",
        "```python def solve(x):\n    y = x\n    return y\n```",
        "```def solve(x):\n    y = x\n    return y\n```",
        "1. Do this:\n\n    ```py3\n    def solve(x):\n        y = x\n        return y\n    ```\n",
        "* Do this:\n  ```python3 title=x\n  def solve(x):\n      y = x\n      return y\n  ```\n",
        f"10. Do this:\n   ```python\n{textwrap.indent(GOOD, '   ')}   ```\n",
    ],
)
def test_bare_code_and_stray_fences(answer: str) -> None:
    """A fence may be missing, stand on a line of code, or be indented too far; prose is no code."""
    program = extract_program(answer, "solve").program
    assert program is not None
    assert (plain(program) or "").removeprefix("import math\n\n") == GOOD_PLAIN
    assert "linear" not in program


@pytest.mark.parametrize(
    "answer",
    [
        f"<code>\n{GOOD}</code>",
        f"<python>\n{GOOD}</python>",
        f'<pre><code class="language-python">\n{GOOD}</code></pre>',
        f"<answer>{GOOD}</answer>",
        f"Here:\n[PYTHON]\n{GOOD}[/PYTHON]\nDone.",
        f"<code>\n{INDENTED}</code>",
        json.dumps({"reasoning": "x", "code": GOOD}),
        f"```json\n{json.dumps({'code': GOOD})}\n```",
        json.dumps(GOOD),
    ],
)
def test_tags_and_json_hold_code_too(answer: str) -> None:
    """Code need not stand between fences."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000", "\u202f", "\u2007"])
def test_odd_blanks_are_blanks(space: str) -> None:
    """Some models and gateways indent with other blanks than Python's."""
    assert plain(extract_program(f"```python\n{GOOD.replace(' ', space)}```", "solve").program) == GOOD_PLAIN
    bare = f"Here it is:\n\n{GOOD.replace('    ', space * 4)}\nThat is all."
    assert plain(extract_program(bare, "solve").program) == GOOD_PLAIN


def test_odd_blanks_within_texts_stay() -> None:
    """Only what keeps the code from being Python is changed."""
    source = 'def solve(x):\n    return "a\u00a0b"\n'
    assert extract_program(f"```python\n{source}```", "solve").program == source
    odd = source.replace("    return", "\u00a0\u00a0\u00a0\u00a0return")
    assert extract_program(f"```python\n{odd}```", "solve").program == source


@pytest.mark.parametrize(
    "block",
    [
        ">>> def solve(x):\n...     y = x\n...     return y\n...\n>>> solve(3)\n3\n",
        "In [1]: def solve(x):\n   ...:     y = x\n   ...:     return y\n",
        "1  def solve(x):\n2      y = x\n3      return y\n",
        " 9 | def solve(x):\n10 |     y = x\n11 |     return y\n",
        "%load_ext autoreload\n!pip install numpy\ndef solve(x):\n    y = x\n    return y\n%timeit solve(3)\n",
        "\u200bdef solve(x):\n    y = x\n    return y\n",
    ],
)
def test_what_tools_put_around_code_goes(block: str) -> None:
    """Prompts, numbers of lines and notebook commands are no part of a program."""
    for answer in (f"```python\n{block}```", block):
        program = extract_program(answer, "solve").program
        assert program is not None, answer
        assert (plain(program) or "").removesuffix("\nsolve(3)") == GOOD_PLAIN


def test_entities_and_printed_quotes_are_undone() -> None:
    """What was made for a web page, or by a word processor, is code still."""
    source = "def solve(x) -> bool:\n    return x < 3 and x > '1'\n"
    page = source.replace("<", "&lt;").replace(">", "&gt;")
    printed = source.replace("'1'", "\u20181\u2019")
    for text in (page, printed):
        assert extract_program(f"```python\n{text}```", "solve").program == source


LINES = GOOD.rstrip("\n").split("\n")
DOCUMENTED = (
    f'def solve(x):\n    """Return it.\n\n    {F}python\n    solve(1)\n    {F}\n    """\n    return x\n'
)


@pytest.mark.parametrize(
    "answer",
    [
        "```diff\n--- a/s.py\n+++ b/s.py\n@@ -1 +1,3 @@\n-def solve(x): return 0\n+"
        + "\n+".join(LINES)
        + "\n```",
        "```diff\n@@ -1,3 +1,3 @@\n def solve(x):\n-    y = 0\n+    y = x\n     return y\n```",
        "```diff\n+ " + "\n+ ".join(LINES) + "\n```",
        f"s.py\n<<<<<<< SEARCH\n{DRAFT}=======\n{GOOD}>>>>>>> REPLACE\n",
        "```python\n" + "\n".join(f"L{number}: {line}" for number, line in enumerate(LINES, 1)) + "\n```",
        f"```\npython\n{GOOD}```",
        f"[BEGIN]\n{GOOD}[END]",
        f"```markdown\n# Answer\n\n```python\n{GOOD}```\n\nDone.\n```",
        f"````markdown\n```python\n{GOOD}```\n````",
        "```python\r\n" + GOOD.replace("\n", "\r\n") + "```\r\n",
        "```python\n" + GOOD.replace("\n", "\u2028") + "```",
        "```python\n" + GOOD.replace("    ", "&nbsp;&nbsp;&nbsp;&nbsp;") + "```",
        GOOD.replace("\n", "<br>\n"),
        "code: |\n" + textwrap.indent(GOOD, "  "),
        f"```bash\ncat > solution.py <<'EOF'\n{GOOD}EOF\npython solution.py\n```",
        f"```python\nHere it is:\n\n{GOOD}\nIt is linear.\n```",
        f"Here is the code:```python\n{GOOD}```",
        "\\begin{lstlisting}[language=Python]\n" + GOOD + "\\end{lstlisting}",
        "\\boxed{\n" + GOOD + "}",
    ],
)
def test_whatever_form_surrounds_a_program_goes(answer: str) -> None:
    """Diffs, replacements, numbered lines, pages, shells and papers: the program in it is the same."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


@pytest.mark.parametrize(
    "answer",
    [
        "Here: " + json.dumps({"explanation": "It is linear.", "code": GOOD}),
        json.dumps({"answer": f"Sure:\n{FENCED}\nDone."}),
        '{"code": "' + GOOD + '"}',
        json.dumps({"name": "submit", "arguments": json.dumps({"code": GOOD})}),
        json.dumps({"cells": [{"cell_type": "code", "source": GOOD.splitlines(keepends=True)}]}),
        repr({"code": GOOD}),
        repr(GOOD),
        GOOD.replace("\n", "\\n"),
        "```python\n" + GOOD.replace("\n", "\\n") + "\n```",
        f'<function_call><parameter name="code">{GOOD}</parameter></function_call>',
        f"<answer><![CDATA[\n{GOOD}]]></answer>",
    ],
)
def test_programs_in_the_texts_of_other_notations_are_found(answer: str) -> None:
    """JSON, also in JSON, among prose, or with real line ends; Python's own notation; calls of tools."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("def solve(x):\n    return x \u2212 1\n", "def solve(x):\n    return x - 1\n"),
        ("def solve\uff08x\uff09\uff1a\n    return x\n", "def solve(x):\n    return x\n"),
        ("def solve(x):\n    return a\\_b(x)\n", "def solve(x):\n    return a_b(x)\n"),
        (
            "def solve(x):\n    if x:\n\treturn 1\n    return 2\n",
            "def solve(x):\n    if x:\n        return 1\n    return 2\n",
        ),
        ("def solve(x):\n\ty = x\n    return y\n", GOOD),
    ],
    ids=["minus", "full width", "escapes of Markdown", "tabs of eight", "tabs of four"],
)
def test_signs_that_look_like_pythons_are_read_as_meant(source: str, meant: str) -> None:
    """Only where the text is no Python otherwise."""
    assert plain(extract_program(f"```python\n{source}```", "solve").program) == plain(meant)


@pytest.mark.parametrize("stub", ["...", "pass", '"""Doc."""', "raise NotImplementedError"])
def test_a_signature_that_is_repeated_takes_nothing_away(stub: str) -> None:
    """A function without a body counts only where there is no other."""
    again = f"```python\ndef solve(x):\n    {stub}\n```"
    assert extract_program(f"{FENCED}\nThe signature was:\n{again}", "solve").program == GOOD
    assert extract_program(f"Well:\n{again}\n", "solve").program is not None


@pytest.mark.parametrize(
    "answer",
    [
        f"<think>Hm.</think>{FENCED}",
        f"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}<|return|>",
        f"<|channel|>analysis<|message|>Hm.\n{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{FENCED}",
        f"<details>\n<summary>Solution</summary>\n\n{FENCED}\n\n</details>",
        f"{FENCED}<|im_end|>",
    ],
)
def test_marks_of_models_on_the_line_of_code_are_read(answer: str) -> None:
    """Thinking that ends on the line where it began, the turns of gpt-oss, and a page's details, no thinking."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


MARKS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("```thinking", "```"),
    ("<THINK>", "</THINK>"),
]


@pytest.mark.parametrize(("opening", "closing"), MARKS)
def test_thinking_is_no_answer(opening: str, closing: str) -> None:
    """A draft in thinking never counts, closed or not; the answer beside it does."""
    closed = f"{opening}\nMaybe so:\n\n{DRAFT}\nNo.\n{closing}\n\n"
    assert extract_program(closed + FENCED, "solve").program == GOOD
    assert extract_program(f"{FENCED}\n\n{closed}", "solve").program == GOOD
    assert extract_program(closed + GOOD, "solve").program == GOOD
    assert extract_program(closed + "I give up.", "solve").program is None
    unfinished = f"{opening}\nMaybe so:\n\n{DRAFT}\nHmm, but then"
    assert extract_program(unfinished, "solve").program is None
    assert extract_program(f"{FENCED}\n{unfinished}", "solve").program == GOOD


@pytest.mark.parametrize(("opening", "closing"), MARKS[:-2])
def test_fences_in_thinking_are_no_answer(opening: str, closing: str) -> None:
    """A fence inside thinking, closed or not, hides nothing of the answer behind it."""
    for draft in (f"```python\n{DRAFT}```\nThat is wrong.", f"```python\n{DRAFT}"):
        thought = f"{opening}\n{draft}\n{closing}\n"
        assert extract_program(thought + FENCED, "solve").program == GOOD
        assert extract_program(thought.removeprefix(opening) + FENCED, "solve").program == GOOD
        assert extract_program(f"{opening}\n{draft}", "solve").program is None


@pytest.mark.parametrize(
    "answer",
    [
        "```python\n" + "".join(f"{number}) {line}\n" for number, line in enumerate(LINES, 1)) + "```",
        "```python\n" + "".join(f"[{number}] {line}\n" for number, line in enumerate(LINES, 1)) + "```",
        f"```python\n1 {LINES[0]}\n\n3 {LINES[1]}\n4 {LINES[2]}\n```",
        "```python\n" + "".join(f"{n} {line}\n" for n, line in enumerate(DOCUMENTED.splitlines(), 1)) + "```",
        "```diff\n@@ -0,0 +1,9 @@\n" + textwrap.indent(DOCUMENTED, "+", lambda _: True) + "```",
        textwrap.indent(f"Here:\n\n{DOCUMENTED}", "> ", lambda _: True),
        f"```python\n\u200e{GOOD}```",
        f"```python\n{GOOD.replace('    ', chr(0x2800) * 4)}```",
        f"\x1b[1mSure\x1b[0m\n```python\n\x1b[32m{GOOD}\x1b[0m```",
        f"```python\n\0{GOOD}```",
        '<pre><code><span class="k">def</span> solve(x):\n    y = x\n    return y\n</code></pre>',
        "```python solve = lambda x: x\n```",
        '{"code": ' + json.dumps(GOOD),
        '{"code": ' + json.dumps(GOOD) + ",}",
        f"<tool_call>python\n<arg_key>code</arg_key>\n<arg_value>{GOOD}</arg_value>\n</tool_call>",
        f'<create_file path="s.py">{GOOD}</create_file>',
        f"<|begin_of_box|>{GOOD}<|end_of_box|>",
        f"[/INST] {GOOD}",
        f"Answer: {GOOD}",
        f"{GOOD.rstrip()}</s>\nmore words here",
        f"<\uff5cbegin\u2581of\u2581sentence\uff5c>{GOOD.rstrip()}<\uff5cend\u2581of\u2581sentence\uff5c>",
        f"analysisA function is wanted.assistantfinal{GOOD}",
        f"<|start_of_role|>assistant<|end_of_role|>{GOOD}<|end_of_text|>",
        f"```markdown\n## Answer\n{GOOD}\n- O(n)\n```",
    ],
)
def test_forms_of_yet_other_models_are_read(answer: str) -> None:
    """Numbers in brackets, fences in numbered docstrings, colours, tokens of turns, JSON that was cut off."""
    found = plain(extract_program(answer, "solve").program)
    assert found in {GOOD_PLAIN, plain(DOCUMENTED), "solve = lambda x: x"}


@pytest.mark.parametrize(
    "cut",
    [
        "# Example\nprint(solve([1, 2, ",
        "assert solve(1) == 1\nassert solve([",
        "if __name__ == '__main__':\n    x = 3\n    print(so",
        "def test_solve():\n    assert solve(1) == ",
    ],
)
def test_what_was_cut_off_in_an_example_was_whole_before_it(cut: str) -> None:
    """The end of the allowed tokens may come in a test of the program, which nobody needs."""
    for answer in (f"```python\n{GOOD}\n{cut}", f"Sure:\n\n{GOOD}\n{cut}"):
        program = extract_program(answer, "solve").program
        assert program is not None
        assert (plain(program) or "").startswith(GOOD_PLAIN or "?")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [*MARKS[:6], ("<|START_THINKING|>", "<|END_THINKING|>"), ("<|inner_prefix|>", "<|inner_suffix|>")],
)
def test_thinking_may_end_among_words(opening: str, closing: str) -> None:
    """The closing mark may have words before it and the answer behind it; one in quotes is only spoken of."""
    thought = f'{opening}\nI end with "{closing}" at last.\n```python\n{DRAFT}```\nNo.{closing}'
    for answer in (FENCED, GOOD):
        assert extract_program(thought + answer, "solve").program == GOOD
    assert extract_program(f'{opening}\n{DRAFT}\nI end with "{closing}" and', "solve").program is None
    assert extract_program(f"{FENCED}\n\n{opening}\nOr?\n{DRAFT}\n{closing}\n", "solve").program == GOOD


def test_a_mark_of_thinking_inside_a_program_is_part_of_it() -> None:
    """A program may well be about such marks."""
    source = 'def solve(x):\n    """Cut.\n\n    <think>\n    """\n    return x.split("</think>")\n'
    for answer in (
        source,
        f"```python\n{source}```",
        f"<think>\nHm.\n</think>\n```python\n{source}```\nDone.",
    ):
        assert extract_program(answer, "solve").program == source


def test_an_answer_of_thinking_alone_says_so() -> None:
    """The reason names what the answer was."""
    assert extract_program("<think>\nHm, let me", "solve").reason == "the answer holds nothing but thinking"


@pytest.mark.parametrize(
    "answer",
    [
        textwrap.indent(GOOD, "> ", lambda _: True),
        f".. code-block:: python\n   :linenos:\n\n{textwrap.indent(GOOD, '   ')}\nDone.\n",
        f"answer:\n  language: python\n  code: |\n{textwrap.indent(GOOD, '    ')}",
        f"*** Begin Patch\n*** Add File: s.py\n{textwrap.indent(GOOD, '+', lambda _: True)}*** End Patch\n",
        f"<|python_tag|>{GOOD}<|eom_id|>",
        f"<|python_start|>{GOOD}<|python_end|>",
        f"<execute_python>\n{GOOD}</execute_python>",
        f"It is `{GOOD}`",
        "```python\n" + "".join(f"{number:3d}\u2192{line}\n" for number, line in enumerate(LINES, 1)) + "```",
        f'```python\ncode = """\n{GOOD}"""\n```',
        f"\u200b{FENCED}",
        f"\u200b```python\n{GOOD}```",
        f"{{code:python}}\n{GOOD}{{code}}",
        f"# Solution\n\n{GOOD}\n## Notes\n\n- fast\n- simple\n",
        f"{GOOD}\nDone\n",
    ],
)
def test_further_forms_around_a_program_go(answer: str) -> None:
    """Quotations, directives, YAML, patches, tokens of tools, notes that happen to be Python, signs nobody sees."""
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


@pytest.mark.parametrize(
    "last",
    [
        f"```python\n{GOOD.rstrip()}```",
        f"```python\n{GOOD}``` It is linear.",
        f"Final answer: ```python\n{GOOD}```",
        "```python\n" + GOOD.replace("    ", "\u00a0" * 4) + "```",
        f"<answer>\n{GOOD}</answer>",
        json.dumps({"code": GOOD}),
    ],
    ids=["fence on the last line", "words behind", "words before", "no-break spaces", "tags", "JSON"],
)
def test_a_draft_does_not_win_for_being_cleaner(last: str) -> None:
    """The last whole program counts, also where something small has to be mended in it and not in the draft."""
    answer = f"First:\n\n```python\n{DRAFT}```\n\nThat is wrong. Better:\n\n{last}"
    assert plain(extract_program(answer, "solve").program) == GOOD_PLAIN


def test_a_fence_left_open_behind_a_draft_hides_nothing() -> None:
    """Words below the last code are no part of it."""
    answer = f"```python\n{DRAFT}```\n\nBetter:\n\n```python\n{GOOD}\nThis is linear, and therefore good."
    assert extract_program(answer, "solve").program == GOOD


@pytest.mark.parametrize("words", ["y = 3\n", "print(y)\n", "def solve(x):\n    return y\n"])
def test_only_declarations_are_fetched_from_anywhere(words: str) -> None:
    """A name that nothing defines stays without a meaning: an example among the words gives it none."""
    source = "def solve(x):\n    return y\n"
    assert extract_program(f"```python\n{source}```\n\nFor instance:\n\n{words}", "solve").program == source


def test_a_diff_behind_a_program_is_no_program() -> None:
    """It may show a part of the change alone."""
    answer = (
        f"{FENCED}\n\nWhat changed:\n\n```diff\n-def solve(x): return 0\n+def solve(x):\n+    return 1\n```"
    )
    assert extract_program(answer, "solve").program == GOOD


def test_a_call_of_something_unknown_stays() -> None:
    """Only what is nothing but words is left out: a mistake of the program is its own."""
    source = f"{GOOD}\nrun(solve)\n"
    assert extract_program(source, "solve").program == source


@pytest.mark.parametrize(
    "usage",
    [
        "from peaks import solve\n\ndef test_small():\n    assert solve(1) == 1\n",
        "import pytest\nfrom solution import solve\n",
        "from solution import solve as solve\nprint(solve(3))\n",
    ],
)
def test_a_definition_beats_an_import(usage: str) -> None:
    """A file that imports the program tests it."""
    answer = f"```python\n{GOOD}```\nA test:\n```python\n{usage}```\n"
    assert extract_program(answer, "solve").program == GOOD
    assert extract_program(f"Here:\n\n{GOOD}\nA test:\n```python\n{usage}```\n", "solve").program == GOOD


HELPER = "import math\n\n\ndef helper(x):\n    return math.floor(x)\n"
USER = "def solve(x):\n    return helper(x)\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{HELPER}```\nThen:\n```python\n{USER}```",
        f"```python\n{USER}```\nIt needs:\n```python\n{HELPER}```",
        f"```python\nimport math\n```\n```python\ndef helper(x):\n    return math.floor(x)\n```\n```python\n{USER}```",
        f"First:\n\n{HELPER}\nThen the function:\n\n{USER}\nThat is all.",
        f"```python\n{HELPER}```\n```python\n{USER}```\n```python\nprint(solve(helper(2)))\n```",
        f"```python\n{HELPER}\n{DRAFT}```\nFaster:\n```python\n{USER}```",
        f"You need:\n\n{HELPER}\nThen:\n\n```python\n{USER}```",
        f"```python\n{USER}```\n\nwith\n\n{HELPER}\nas a helper.",
        f"You need:\n\n{textwrap.indent(HELPER, '    ')}\nThen:\n\n```python\n{USER}```",
        f"Put `{HELPER}` at the top.\n\n```python\n{USER}```",
        f"You need:\n<code>\n{HELPER}</code>\n\n```python\n{USER}```",
    ],
)
def test_blocks_that_need_each_other_are_joined(answer: str) -> None:
    """A helper or an import in another block is part of the program; an example is not."""
    program = extract_program(answer, "solve").program
    assert program is not None
    space: dict[str, object] = {}
    exec(program, space)  # noqa: S102 - our own text
    assert space["solve"](2.5) == 2  # type: ignore[operator]
    assert "print" not in program


def test_a_future_import_of_a_later_block_goes_first() -> None:
    """Joined blocks are one program, and Python wants these first."""
    answer = f"```python\n{HELPER}```\n```python\nfrom __future__ import annotations\n\n{USER}```"
    program = extract_program(answer, "solve").program
    assert program is not None
    compile(program, "joined", "exec", dont_inherit=True)


def test_a_whole_program_is_not_joined_with_anything() -> None:
    """Blocks that define other things, or the same things worse, stay out."""
    answer = f"```python\nimport os\ny = 3\n```\n```python\n{GOOD}```\n```python\nx = solve(3)\n```"
    assert extract_program(answer, "solve").program == GOOD


@pytest.mark.parametrize(
    "source",
    [
        f'def solve(x):\n"""Doc.\n\n{F}\nsolve(1)\n{F}\n"""\n'.replace('"""Doc', '  """Doc') + "  return x\n",
        f'"""Module.\n\n{F}python\nsolve(1)\n{F}\n"""\n\n{GOOD}',
    ],
)
def test_fences_in_docstrings_end_nothing(source: str) -> None:
    """A docstring may hold fences of the answer's own kind at the very margin."""
    assert extract_program(f"```python\n{source}```\nDone.", "solve").program == source


@pytest.mark.parametrize(
    "answer",
    [
        "```python\ndef solve(x):\n    return helper(x)\n\ndef helper(x):\n    return (x +",
        "def solve(x):\n    return helper(x)\n\ndef helper(x):\n    return (x +",
        "Here:\n\ndef solve(x):\n    total = 0\n    for i in range(",
        "def solve(x):\n    return TABLE[x]\n\nTABLE = [1, 2, 3,",
        "Sure: def solve(x) does it.",
        "class Solution:\n    def solve(self, x):\n        return x\n",
        f"```python\n{DRAFT.replace('solve', 'other')}```\nCall solve(3).",
        "def solve(x):\n    return helper(x)\n\nprint(solve(1, ",
        "def solve(x):\n    return x\n\ndef more(x):\n    return (x +",
    ],
)
def test_what_was_cut_off_or_is_no_function_gives_nothing(answer: str) -> None:
    """Half a program is none, however it is looked at."""
    assert extract_program(answer, "solve").program is None


def test_a_method_is_named_as_such() -> None:
    """The reason says where the function stands instead."""
    answer = "```python\nclass Solution:\n    def solve(self, x):\n        return x\n```"
    assert "method of class Solution" in (extract_program(answer, "solve").reason or "")


@pytest.mark.filterwarnings("error")
def test_warnings_of_the_parser_are_no_errors() -> None:
    """The same answer gives the same program whatever warnings are turned into."""
    source = 'import re\n\n\ndef solve(x):\n    return re.sub("\\d", "", x) is 3\n'
    assert extract_program(f"```python\n{source}```", "solve").program == source
    assert extract_program(
        f"```python\nimport re\n```\n```python\n{source.partition('def')[2].join(['def', ''])}```", "solve"
    ).program


def test_the_recorded_pilot_gives_the_programs_it_gave() -> None:
    """163 of 167 answers of the recorded pilot hold a program, byte for byte those of the first release."""
    digest, programs, answers = hashlib.sha256(), 0, 0
    for path in sorted(CASSETTES.glob("*.json")):
        for exchange in json.loads(path.read_bytes())["interactions"]:
            if exchange["response"]["refinery"]["cut"]:
                continue
            text = (
                json.loads(exchange["response"]["body"]["string"])["choices"][0]["message"]["content"] or ""
            )
            program = extract_program(text, "get_difference").program
            answers += 1
            programs += program is not None
            digest.update((program or "").encode() + b"\0")
    assert (programs, answers) == (163, 167)
    assert digest.hexdigest() == "8a370fa824f9e5bbde97bfd606bc48a31ab7d509cbf064470e018302f2d147ad"


PIECES = st.sampled_from(
    [
        GOOD,
        DRAFT,
        HELPER,
        USER,
        FENCED,
        f"```python\n{HELPER}```",
        f"```python\n{USER}```",
        "```",
        "~~~",
        "```python",
        "<think>",
        "</think>",
        "Some prose.",
        "# A title",
        "- item",
        "> quoted",
        "    indented = 1",
        "from a import solve",
        "solve(3)",
        "\xa0",
        "def solve(x):",
        '"""',
        "<code>",
        "</code>",
        "1. one",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=9), st.sampled_from(["\n", "\n\n", " "]))
def test_whatever_is_taken_is_a_program(pieces: list[str], between: str) -> None:
    """What is taken is Python that binds the name, the same each time; else there is a reason."""
    answer = between.join(pieces)
    taken = extract_program(answer, "solve")
    assert taken == extract_program(answer, "solve")
    assert (taken.program is None) != (taken.reason is None)
    if taken.program is not None:
        assert "solve" in taken.program
        ast.parse(taken.program)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="`~<[◁", codec="utf-8"), max_size=80))
def test_a_fenced_program_is_found_below_any_prose(prose: str) -> None:
    """Words before a fenced program never hide it."""
    assert extract_program(f"Well: {' '.join(prose.split())}\n\n{FENCED}\n", "solve").program == GOOD


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 3), st.sampled_from(["```python\n{}```", "{}"]))
def test_indentation_never_matters(depth: int, lead: int, form: str) -> None:
    """A program that is indented as a whole is the same program."""
    body = "\n" * lead + textwrap.indent(GOOD, " " * depth)
    assert plain(extract_program(form.format(body), "solve").program) == GOOD_PLAIN


HOSTILE = {
    "backticks": "`" * 200_000,
    "fences": "```\n" * 60_000,
    "fences of python": "```python\nsolve\n```\n" * 20_000,
    "quotes": ">" * 200_000,
    "lists": "- " * 100_000,
    "brackets": "solve = " + "(" * 200_000,
    "minus": "solve = " + "-" * 150_000 + "1",
    "definitions": "def solve(x):\n" * 15_000,
    "decorators": "@solve\n" * 30_000,
    "tags": "<think>\n" * 30_000,
    "code tags": "<code>solve" * 18_000,
    "closing": "</think>\n" * 30_000,
    "entities": "&lt;solve" * 20_000,
    "json": "[" * 190_000 + "solve",
    "blanks": " " * 199_000 + "solve",
    "tabs": "\t\n" * 90_000 + "solve",
    "broken": ("def solve(x):\n    return (\n\nprose here\n\n" * 5_000)[:199_000],
    "assignments": "solve = [\n" * 19_000,
    "numbers": "".join(f"{n} solve\n" for n in range(1, 15_000)),
}


@pytest.mark.parametrize("size", [39_500, 200_000])
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answers_take_bounded_time(kind: str, size: int) -> None:
    """Answers of 200,000 characters, and of as many as all ways are tried on, end: what they give binds the name."""
    program = extract_program(HOSTILE[kind][-size:], "solve").program
    assert program is None or "solve" in program


@pytest.mark.parametrize(
    ("source", "declares"),
    [
        ("import math\n\nclass Node: ...\n\ndef f(): ...\n", True),
        ("LIMIT: int = 3\n", True),
        ("limit: int = 3\n", False),
        ("'Words.'\n", True),
        ("try:\n    import numpy\nexcept ImportError:\n    NUMPY = None\n", True),
        ("if True:\n    print(3)\n", False),
        ("print(3)\n", False),
        ("def f(:\n", False),
    ],
)
def test_declarations_import_and_define_and_do_nothing_else(source: str, declares: bool) -> None:  # noqa: FBT001 - a case
    """Only such code may be fetched from another block, for it changes nothing that runs."""
    assert is_declaration(source) is declares
