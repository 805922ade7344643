"""The clinic's devices."""
