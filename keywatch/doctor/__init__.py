"""The doctor: what is wrong with a workspace, and what helps. One file a thing that is looked at."""
