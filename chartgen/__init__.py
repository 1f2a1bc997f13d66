"""chartgen: from a folder of exported flows to a runtime image and a Helm chart."""

__version__ = "0.1.0"
