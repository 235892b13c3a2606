"""expect: error. An exception whose text raises another."""
class Nasty(BaseException):
    def __str__(self):
        raise self

    __repr__ = __str__


def get_difference(numbers):
    raise Nasty
