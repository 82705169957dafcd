"""One factor out: what is behind experiments/ablate."""
