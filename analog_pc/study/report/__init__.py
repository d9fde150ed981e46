"""The report of a study: page, numbers, table and figures."""
