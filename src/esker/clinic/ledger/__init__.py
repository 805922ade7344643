"""The store of the ledger: appended to by commands, read with its chain checked."""
