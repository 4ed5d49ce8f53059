"""How annex2 does against what an office would use instead, and against the least that any program must do.

`python -m benchmarks`; every comparison is of whole processes, in the same run.  The other files here measure other
things: `fuzz_returns.py`, `fuzz_review.py`, `matching.py`, `quantities.py`.
"""
