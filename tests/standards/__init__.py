"""What the field asks of a chart's objects, written out as rules that tests can ask."""
