"""The live forecast beside the vitals: display only, computed in a process that may die.

Nothing here is read by a gate, an alarm or a due check; import contracts hold that wall.
"""
