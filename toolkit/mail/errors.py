"""The one kind of failure that this package raises."""

from toolkit.errors import Annex2Error


class MailError(Annex2Error):
    """The mail server, the account, an address or a setting: something that a person can mend."""
