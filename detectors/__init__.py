"""Detectors: one file each, pure functions from frames to scores; the engine folds scores into findings."""
