"""The commands of the command line, one file a group; heavy rooms are imported when a command runs."""
