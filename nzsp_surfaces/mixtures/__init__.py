"""Crystals whose sites several species share: what they hold, and how the ions arrange."""
