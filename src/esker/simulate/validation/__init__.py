"""What the models say beside what was observed: `python -m esker.simulate.validation`.

Writes docs/pharmacology: the validation page with its plots, and the chapter's generated tables.
Rows used for calibration stand apart from external ones, and known failures are shown as failures.
"""
