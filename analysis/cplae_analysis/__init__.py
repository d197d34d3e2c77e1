"""The report of a run of cplae, made of its run folder alone: `python -m cplae_analysis RUN`."""
