"""A returned file's bytes and an Office come in; a Review (whose, which round, texts, findings) goes out.

Knows nothing of where the file came from, of the master's layout, or of what is done with the verdict.
"""

from toolkit.returns.read import Reading, read_return
from toolkit.returns.review import Review, review, verdict_of

__all__ = ["Reading", "Review", "read_return", "review", "verdict_of"]
