/* The tabulator leaves a table instead of going from cell to cell: a cell that is reached is a cell that is chosen. */
window.addEventListener("keydown", (event) => {
  if (event.key === "Tab" && document.activeElement?.closest("[data-testid=stDataFrame] canvas")) {
    event.stopImmediatePropagation();
  }
}, { capture: true });
