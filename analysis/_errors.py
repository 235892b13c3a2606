"""The base of every error that a user of the analysis may see."""


class AnalysisError(Exception):
    """Something that the user can mend; the message says what, where, and how.

    Shown as one clear text without a traceback, with exit code 2.
    """
