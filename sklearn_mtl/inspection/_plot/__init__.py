"""The displays, and what they are drawn with."""
