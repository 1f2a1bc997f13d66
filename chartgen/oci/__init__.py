"""Container images as data: a base, one layer of ours, and the bytes that a registry holds.

Bytes in, bytes out: nothing here talks to a network or to an engine.
"""
