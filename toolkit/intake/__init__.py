"""Drop folders in; originals out, each stored in the archive, byte for byte, before anything else happens.

Knows nothing of what the files mean.
"""
