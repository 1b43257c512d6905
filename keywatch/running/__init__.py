"""`keywatch run`: the cycle, its turns and its loops, and what is done when."""
