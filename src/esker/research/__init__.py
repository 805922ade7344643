"""Registry and virtual trials. Reads exported, de-identified data only."""
