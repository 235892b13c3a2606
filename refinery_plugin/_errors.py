"""The base of every error that a user of the plugin may see."""


class RefineryError(Exception):
    """Something that the user can mend; the message says what, where, and how.

    Shown as one clear text without a traceback. Faults of generated programs are never errors: they are verdicts.
    """
