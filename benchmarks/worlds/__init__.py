"""Labelled worlds: a made-up company's access log in which every attack, and every harmless oddity, is known.

Written from the reference texts and the documented interfaces only, by somebody who had not seen the detectors.
"""
