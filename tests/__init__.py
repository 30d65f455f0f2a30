"""Tests of Doorstep."""
