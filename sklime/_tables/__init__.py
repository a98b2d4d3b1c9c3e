"""Tables: the explainer of their rows, and the steps from rows to weights."""
