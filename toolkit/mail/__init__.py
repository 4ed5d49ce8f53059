"""Mail out: an Office and forms come in; composed mails, drafts, and a durable record of what was sent go out.

`compose` and `answers` are pure; `connect` is the only place that opens a connection (the mailbox of `intake` uses it
too).  Knows nothing of workbooks, of merging, or of what a returned file holds.
"""
