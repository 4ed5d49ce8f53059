"""The command `annex2`: each verb parses, calls one function, prints.

`parser` knows the words, `verbs` what each of them does, `show` how results look in a terminal and as JSON.
Heavy libraries are imported inside the verb that needs them: `annex2 --help` and `status` start at once.
"""

from toolkit.cli.main import main

__all__ = ["main"]
