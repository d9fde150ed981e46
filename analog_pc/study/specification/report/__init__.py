"""The report of a specification: table, numbers, technology, page and figures."""
