"""Where state is kept between invocations: one port, several stores."""
