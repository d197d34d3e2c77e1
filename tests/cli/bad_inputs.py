"""Bad inputs: each a function of a folder of its own that makes it and returns the words of the command. The one line that each gets
is in bad_inputs.txt; test_bad_inputs.py compares."""

import bad_data  # noqa: F401
import bad_predictions  # noqa: F401
import bad_runs  # noqa: F401
import bad_studies  # noqa: F401
from bad_cases import CASES

__all__ = ["CASES"]
