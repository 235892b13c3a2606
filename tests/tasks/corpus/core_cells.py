"""Solutions of core-cells; each function is a program of its own."""


def honest_rows(board, steps):
    rows = [[letter == "#" for letter in row] for row in board]
    for _ in range(steps):
        across = [[a + b + c for a, b, c in zip(r[-1:] + r[:-1], r, r[1:] + r[:1])] for r in rows]
        triples = zip(across[-1:] + across[:-1], across, across[1:] + across[:1], rows)
        rows = [
            [(a + b + c - x) in ((2, 3, 6) if x else (3, 6)) for a, b, c, x in zip(above, here, below, row)]
            for above, here, below, row in triples
        ]
    return ["".join("#" if alive else "." for alive in row) for row in rows]


def honest_numpy(board, steps):
    import numpy as np

    cells = np.array([[letter == "#" for letter in row] for row in board], dtype=np.int8)
    for _ in range(steps):
        around = sum(
            np.roll(cells, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx
        )
        cells = ((around == 3) | (around == 6) | ((cells == 1) & (around == 2))).astype(np.int8)
    return ["".join(".#"[cell] for cell in row) for row in cells]


def honest_living_only(board, steps):
    height, width = len(board), len(board[0])
    alive = {(y, x) for y in range(height) for x in range(width) if board[y][x] == "#"}
    for _ in range(steps):
        counts = {}
        for y, x in alive:
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    if dy or dx:
                        cell = (y + dy) % height, (x + dx) % width
                        counts[cell] = counts.get(cell, 0) + 1
        alive = {cell for cell, n in counts.items() if n in (3, 6) or (n == 2 and cell in alive)}
    return ["".join("#" if (y, x) in alive else "." for x in range(width)) for y in range(height)]


def wrong_edges(board, steps):
    height, width = len(board), len(board[0])
    for _ in range(steps):
        around = lambda y, x: sum(
            board[b][a] == "#"
            for b in range(max(0, y - 1), min(height, y + 2))
            for a in range(max(0, x - 1), min(width, x + 2))
            if (b, a) != (y, x)
        )
        board = [
            "".join(
                "#" if around(y, x) in ((2, 3, 6) if board[y][x] == "#" else (3, 6)) else "." for x in range(width)
            )
            for y in range(height)
        ]
    return board


def wrong_usual_rule(board, steps):
    height, width = len(board), len(board[0])
    for _ in range(steps):
        around = lambda y, x: sum(
            board[(y + dy) % height][(x + dx) % width] == "#"
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if dy or dx
        )
        board = [
            "".join("#" if around(y, x) in ((2, 3) if board[y][x] == "#" else (3,)) else "." for x in range(width))
            for y in range(height)
        ]
    return board


def wrong_one_step_more(board, steps):
    height, width = len(board), len(board[0])
    for _ in range(steps + 1):
        around = lambda y, x: sum(
            board[(y + dy) % height][(x + dx) % width] == "#"
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if dy or dx
        )
        board = [
            "".join(
                "#" if around(y, x) in ((2, 3, 6) if board[y][x] == "#" else (3, 6)) else "." for x in range(width)
            )
            for y in range(height)
        ]
    return board


def wrong_one_after_the_other(board, steps):
    cells = [list(row) for row in board]
    height, width = len(board), len(board[0])
    for _ in range(steps):
        for y in range(height):
            for x in range(width):
                living = sum(
                    cells[(y + dy) % height][(x + dx) % width] == "#"
                    for dy in (-1, 0, 1)
                    for dx in (-1, 0, 1)
                    if dy or dx
                )
                cells[y][x] = "#" if living in ((2, 3, 6) if cells[y][x] == "#" else (3, 6)) else "."
    return ["".join(row) for row in cells]
