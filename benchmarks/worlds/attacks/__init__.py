"""One function an attack family, by theme. Each plants its family once, on subjects that nothing else happens to."""
