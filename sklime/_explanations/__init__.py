"""Explanations: one, many, of parts, as JSON and as what shap draws."""
