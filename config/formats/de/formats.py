"""Dates and times in German: the month in letters, as in English, so that a page's columns stay as wide."""

DATE_FORMAT = "j. M Y"
MONTH_DAY_FORMAT = "j. M"
YEAR_MONTH_FORMAT = "M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. M Y, H:i"
