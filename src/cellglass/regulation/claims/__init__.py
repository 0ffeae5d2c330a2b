"""The four criteria of the published evaluation, each tied to its endpoint."""
