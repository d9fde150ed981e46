"""Backpropagation along arbitrary computation graphs (Millidge, Tschantz and Buckley 2022)."""
