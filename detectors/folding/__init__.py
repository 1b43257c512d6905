"""From scores to findings: which rows fire, how they are folded, worded, overridden and muted."""
