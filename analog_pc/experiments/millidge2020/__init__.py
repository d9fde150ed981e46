"""After Millidge, Tschantz, Seth and Buckley, arXiv:2010.01047 (2020)."""
