"""Cell states: scores within strata, put together again, always beside shuffled strata."""
