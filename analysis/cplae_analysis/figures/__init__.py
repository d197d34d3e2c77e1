"""The figures of a run's report, each made of a run folder alone."""
