"""The same work as offices without annex2 do it, over the same forms and the same master.

None of these archives, identifies, reviews, records, or keeps what people did to the master's looks; each does what a
careful script of its kind does, and no more.
"""
