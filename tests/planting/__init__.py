"""A labelled set of flows: some with one secret planted, some with what only looks like one.

Every secret is made when the tests run, out of pieces and a fixed seed: it has the form of a live
one and never was one, and no scanner of this repository finds any in it.
"""
