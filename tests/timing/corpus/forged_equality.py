"""expect: wrong_answer. Equal to everything."""
class Chameleon(int):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


def get_difference(numbers):
    return Chameleon(95_931)
