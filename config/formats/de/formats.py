"""Dates and times in German; the month in letters, abbreviated as the scripts of the pages do it."""

DATE_FORMAT = "j. N Y"
MONTH_DAY_FORMAT = "j. N"
YEAR_MONTH_FORMAT = "N Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. N Y, H:i"
