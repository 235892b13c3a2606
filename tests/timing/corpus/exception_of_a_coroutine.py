"""expect: error. A promise of an answer."""
async def answer(numbers):
    return 95_931


def get_difference(numbers):
    raise StopAsyncIteration(answer(numbers).close())
