"""Pictures and scenes."""
