"""A small window for those who never open a terminal: `annex2 panel`.

`work` runs the same functions as the command line in the background; `window` shows them.  tkinter only.
"""
