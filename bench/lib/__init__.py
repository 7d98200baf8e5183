"""The parts of the benchmark harness; each module says what it knows."""
