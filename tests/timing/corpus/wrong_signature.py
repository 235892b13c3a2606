"""expect: error. Takes no argument."""
def get_difference():
    return 95_931
