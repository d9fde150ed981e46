"""What an experiment is made of: configuration, networks, relaxers, results, and their page."""
