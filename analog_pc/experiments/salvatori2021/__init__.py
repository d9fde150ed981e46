"""Associative memories that relax (Salvatori et al. 2021; Tang et al. 2023)."""
