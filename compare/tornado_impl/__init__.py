"""The app in Tornado."""
