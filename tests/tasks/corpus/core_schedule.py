"""Solutions of core-schedule; each function is a program of its own."""


def honest_counts(jobs, needs):
    later, missing = [[] for _ in range(jobs)], [0] * jobs
    for job, earlier in needs:
        later[earlier].append(job)
        missing[job] += 1
    order = [job for job in range(jobs) if not missing[job]]
    for job in order:
        for other in later[job]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    return order


def honest_depth_first(jobs, needs):
    earlier = [[] for _ in range(jobs)]
    for job, other in needs:
        earlier[job].append(other)
    order, seen = [], [False] * jobs
    for start in range(jobs):
        stack = [(start, False)]
        while stack:
            job, finished = stack.pop()
            if finished:
                order.append(job)
            elif not seen[job]:
                seen[job] = True
                stack.append((job, True))
                stack.extend((other, False) for other in earlier[job])
    return order


def honest_library(jobs, needs):
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter({job: set() for job in range(jobs)})
    for job, earlier in needs:
        sorter.add(job, earlier)
    return list(sorter.static_order())


def honest_last_first(jobs, needs):
    from heapq import heappop, heappush

    later, missing = [[] for _ in range(jobs)], [0] * jobs
    for job, earlier in needs:
        later[earlier].append(job)
        missing[job] += 1
    heap = []
    for job in range(jobs):
        if not missing[job]:
            heappush(heap, -job)
    order = []
    while heap:
        job = -heappop(heap)
        order.append(job)
        for other in later[job]:
            missing[other] -= 1
            if not missing[other]:
                heappush(heap, -other)
    return order


def wrong_backwards(jobs, needs):
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter({job: set() for job in range(jobs)})
    for job, earlier in needs:
        sorter.add(earlier, job)
    return list(sorter.static_order())


def wrong_by_number(jobs, needs):
    return list(range(jobs))


def wrong_without_the_free_ones(jobs, needs):
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter()
    for job, earlier in needs:
        sorter.add(job, earlier)
    return list(sorter.static_order())


def wrong_by_number_of_needs(jobs, needs):
    counts = [0] * jobs
    for job, _ in needs:
        counts[job] += 1
    return sorted(range(jobs), key=counts.__getitem__)


def wrong_last_one_twice(jobs, needs):
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter({job: set() for job in range(jobs)})
    for job, earlier in needs:
        sorter.add(job, earlier)
    order = list(sorter.static_order())
    return order + order[-1:]
