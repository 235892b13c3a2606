"""Solutions of core-cheapest-routes; each function is a program of its own."""


def honest_queue(places, roads):
    from collections import deque

    beside = [[] for _ in range(places)]
    for one, other in roads:
        beside[one].append(other)
        beside[other].append(one)
    costs = [-1] * places
    costs[0] = 0
    queue = deque([0])
    while queue:
        place = queue.popleft()
        for other in beside[place]:
            if costs[other] < 0:
                costs[other] = costs[place] + 1
                queue.append(other)
    return costs


def honest_rings(places, roads):
    beside = {place: set() for place in range(places)}
    for one, other in roads:
        beside[one].add(other)
        beside[other].add(one)
    costs = [-1] * places
    ring, coins = {0}, 0
    while ring:
        for place in ring:
            costs[place] = coins
        ring = {other for place in ring for other in beside[place] if costs[other] < 0}
        coins += 1
    return costs


def honest_rounds(places, roads):
    far = 10**9
    costs = [0] + [far] * (places - 1)
    changed = True
    while changed:
        changed = False
        for one, other in roads:
            if abs(costs[one] - costs[other]) > 1:
                costs[one], costs[other] = (
                    min(costs[one], costs[other] + 1),
                    min(costs[other], costs[one] + 1),
                )
                changed = True
    return [-1 if cost == far else cost for cost in costs]


def honest_heap(places, roads):
    from heapq import heappop, heappush

    leaving = [[] for _ in range(places)]
    for one, other in roads:
        leaving[one].append(other)
        leaving[other].append(one)
    costs = [-1] * places
    heap = [(0, 0)]
    while heap:
        total, place = heappop(heap)
        if costs[place] < 0:
            costs[place] = total
            for other in leaving[place]:
                if costs[other] < 0:
                    heappush(heap, (total + 1, other))
    return costs


def wrong_one_way(places, roads):
    beside = [[] for _ in range(places)]
    for one, other in roads:
        beside[one].append(other)
    costs = [-1] * places
    costs[0] = 0
    queue = [0]
    for place in queue:
        for other in beside[place]:
            if costs[other] < 0:
                costs[other] = costs[place] + 1
                queue.append(other)
    return costs


def wrong_depth_first(places, roads):
    beside = [[] for _ in range(places)]
    for one, other in roads:
        beside[one].append(other)
        beside[other].append(one)
    costs = [-1] * places
    costs[0] = 0
    stack = [0]
    while stack:
        place = stack.pop()
        for other in beside[place]:
            if costs[other] < 0:
                costs[other] = costs[place] + 1
                stack.append(other)
    return costs


def wrong_none(places, roads):
    costs = [None] * places
    costs[0] = 0
    queue = [0]
    for place in queue:
        for one, other in roads + [(b, a) for a, b in roads]:
            if one == place and costs[other] is None:
                costs[other] = costs[place] + 1
                queue.append(other)
    return costs


def wrong_infinity(places, roads):
    costs = [0] + [float("inf")] * (places - 1)
    for _ in range(places):
        for one, other in roads:
            costs[other] = min(costs[other], costs[one] + 1)
            costs[one] = min(costs[one], costs[other] + 1)
    return costs


def wrong_one_round(places, roads):
    costs = [-1] * places
    costs[0] = 0
    for one, other in roads:
        for start, end in ((one, other), (other, one)):
            if costs[start] >= 0 and (costs[end] < 0 or costs[start] + 1 < costs[end]):
                costs[end] = costs[start] + 1
    return costs


def wrong_counts_places(places, roads):
    costs = [-1] * places
    costs[0] = 1
    queue = [0]
    for place in queue:
        for one, other in roads + [(b, a) for a, b in roads]:
            if one == place and costs[other] < 0:
                costs[other] = costs[place] + 1
                queue.append(other)
    return costs
