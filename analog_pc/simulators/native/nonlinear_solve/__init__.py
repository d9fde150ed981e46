"""The nonlinear equations of a batch of samples, solved: strategies, tried in order."""
