"""This process on its machine: what it holds, its memory, its open files, and what ends a part of a run only."""
