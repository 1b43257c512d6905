"""The composition root: command line, config and the cycle; and the demo world."""
