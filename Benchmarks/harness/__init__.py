"""Measures the rows of docs/performance.md. `rows.py` declares them; the rest knows only their form.

A *side* is one of those that are compared. Opened, it gives a function that measures once more; each measurement is a
tuple of figures, the first of which is compared.
"""
