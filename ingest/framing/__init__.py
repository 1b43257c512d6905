"""How a file's bytes become records: lines, documents of many records, and the wrappers that peel off first."""
