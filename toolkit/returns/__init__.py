"""A returned file's bytes and an Office come in; a Review (whose, which round, texts, findings) goes out.

Knows nothing of where the file came from, of the master's layout, or of what is done with the verdict.  `read` and
`review` are the two halves; nothing is imported here, since a process that only reads must start fast.
"""
