"""One supervised session: `may` and `decide` say what is recorded, `evolve` folds what was."""
