"""annex2: fan a bureau's master workbook out to its divisions, and merge back what they return."""

__version__ = "0.1.0"
