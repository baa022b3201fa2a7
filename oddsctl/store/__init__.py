"""Storage backends for the state kept between invocations, all behind `domain.ports.Store`."""
