"""Killing the real process again and again while a town lives, and proving that nothing was lost or done twice."""
