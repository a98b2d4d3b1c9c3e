"""Local fits: from weighted responses to weights, intervals and fidelity."""
