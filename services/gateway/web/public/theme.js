// Runs before the first paint, so that a page somebody keeps dark never flashes white.
try {
  const choice = localStorage.getItem("layerlab.theme");
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
} catch {
  // Storage is switched off: the system's theme it is.
}
