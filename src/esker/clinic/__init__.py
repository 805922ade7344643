"""The clinic: Django around the pure core, one folder for each step of the day."""
