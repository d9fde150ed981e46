"""Output for people and programs: figure style, HTML pages, JSON reports, figure files, tables."""
