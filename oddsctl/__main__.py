"""`python -m oddsctl`."""

from oddsctl.cli import main

if __name__ == "__main__":
    main()
