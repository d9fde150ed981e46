"""The figures of the experiments beside."""
