"""A small Kubernetes of the tests' own: real programs, two nodes, and nothing left behind.

README.md says how it is used and what it is made of.
"""
