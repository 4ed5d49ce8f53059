"""Drop folders in; originals out, each stored in the archive, byte for byte, before anything else happens.

Knows nothing of what the files mean.
"""

from toolkit.intake.archive import Archive
from toolkit.intake.folder import Original, gather

__all__ = ["Archive", "Original", "gather"]
