"""One file a provider: job to request, response to models. Pure: no I/O."""
