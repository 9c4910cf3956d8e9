"""Dates and numbers as Vietnamese offices write them."""

DATE_FORMAT = "d-m-Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "H:i, d-m-Y"
SHORT_DATE_FORMAT = "d-m-Y"
SHORT_DATETIME_FORMAT = "H:i d-m-Y"
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
