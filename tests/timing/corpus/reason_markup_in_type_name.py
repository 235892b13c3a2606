"""expect: error. The name of the exception's type is markup, of its module and of a class in a result too. Must arrive as text."""
Evil = type("<svg/onload=alert(1)>\x1b[31m\u202eError", (Exception,), {"__module__": "\x1b[2J"})


def get_difference(numbers):
    raise Evil()
