"""`python -m oddsctl`."""

from oddsctl.cli import run

if __name__ == "__main__":
    run()
