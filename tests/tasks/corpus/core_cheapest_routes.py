"""Solutions of core-cheapest-routes; each function is a program of its own."""


def honest_forward(places, roads):
    costs = [None] * places
    costs[0] = 0
    for start, end, cost in roads:
        if costs[start] is not None and (costs[end] is None or costs[start] + cost < costs[end]):
            costs[end] = costs[start] + cost
    return costs


def honest_heap(places, roads):
    from heapq import heappop, heappush

    leaving = [[] for _ in range(places)]
    for start, end, cost in roads:
        leaving[start].append((end, cost))
    costs = [None] * places
    heap = [(0, 0)]
    while heap:
        total, place = heappop(heap)
        if costs[place] is None:
            costs[place] = total
            for end, cost in leaving[place]:
                if costs[end] is None:
                    heappush(heap, (total + cost, end))
    return costs


def honest_rounds(places, roads):
    far = 10**12
    costs = [0] + [far] * (places - 1)
    changed = True
    while changed:
        changed = False
        for start, end, cost in roads:
            if costs[start] + cost < costs[end]:
                costs[end] = costs[start] + cost
                changed = True
    return [None if cost >= far else cost for cost in costs]


def honest_recursive(places, roads):
    from functools import lru_cache

    arriving = [[] for _ in range(places)]
    for start, end, cost in roads:
        arriving[end].append((start, cost))

    @lru_cache(None)
    def lowest(place):
        if place == 0:
            return 0
        ways = ((lowest(start), cost) for start, cost in arriving[place])
        return min((before + cost for before, cost in ways if before is not None), default=None)

    return [lowest(place) for place in range(places)]


def wrong_both_ways(places, roads):
    far = 10**12
    costs = [0] + [far] * (places - 1)
    for _ in range(places):
        for start, end, cost in roads:
            costs[end] = min(costs[end], costs[start] + cost)
            costs[start] = min(costs[start], costs[end] + cost)
    return [None if cost >= far else cost for cost in costs]


def wrong_fewest_roads(places, roads):
    leaving = {}
    for start, end, cost in roads:
        leaving.setdefault(start, []).append((end, cost))
    costs = [None] * places
    costs[0] = 0
    queue = [0]
    for place in queue:
        for end, cost in leaving.get(place, []):
            if costs[end] is None:
                costs[end] = costs[place] + cost
                queue.append(end)
    return costs


def wrong_minus_one(places, roads):
    far = 10**12
    costs = [0] + [far] * (places - 1)
    for start, end, cost in roads:
        costs[end] = min(costs[end], costs[start] + cost)
    return [-1 if cost >= far else cost for cost in costs]


def wrong_infinity(places, roads):
    costs = [0] + [float("inf")] * (places - 1)
    for start, end, cost in roads:
        costs[end] = min(costs[end], costs[start] + cost)
    return costs


def wrong_from_anywhere(places, roads):
    costs = [None] * places
    costs[0] = 0
    for start, end, cost in roads:
        total = (costs[start] or 0) + cost
        if costs[end] is None or total < costs[end]:
            costs[end] = total
    return costs


def wrong_roads_from_the_first_place_only(places, roads):
    costs = [None] * places
    costs[0] = 0
    for start, end, cost in roads:
        if start == 0 and (costs[end] is None or cost < costs[end]):
            costs[end] = cost
    return costs
