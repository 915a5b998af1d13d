"""The functions of the expression language.

What does not stand in the table does not exist: syntax.py takes its names from it, and so do the
API and docs/flow-builder.md. A function here that CEL has under the same name means what CEL means.
"""

from .described import Argument, Function
from .table import DEFAULT, FUNCTIONS, MACROS, PRESENCE, TABLE, no_function

__all__ = [
    "DEFAULT",
    "FUNCTIONS",
    "MACROS",
    "PRESENCE",
    "TABLE",
    "Argument",
    "Function",
    "no_function",
]
