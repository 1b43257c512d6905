"""What the pages read, through functions of the store and caches; nothing here draws or writes."""
