"""The sample workspace: its people, openings and history, all invented, made by the product's own code."""
