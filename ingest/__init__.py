"""From bytes to events: sources give blocks of lines, formats say how a line becomes an event."""
