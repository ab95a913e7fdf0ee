"""Tests of lazyax; the folders mirror the package."""
