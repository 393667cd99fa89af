"""Carrying a plan out: on this machine or through FireWorks."""
