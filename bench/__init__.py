"""Figures for this machine: what a confirmation costs."""
