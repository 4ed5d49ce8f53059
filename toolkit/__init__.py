"""annex2: fan a bureau's master workbook out to its divisions, and merge back what they return."""

__version__ = "0.1.0"


def main() -> None:
    """What the button in Excel runs: opens the window on the workbook that is open there."""
    from toolkit.excel import open_panel

    open_panel()
