"""The inventory: pulled from where keys live, saved, linked and excused."""
