"""What all processes share, as JSON in the store: accounts, cached answers, the queue, counters, notes of
prefetch.
"""
