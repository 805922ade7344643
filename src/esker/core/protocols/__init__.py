"""Protocols are data: a TOML file with a source on every number, checked before it is used."""
