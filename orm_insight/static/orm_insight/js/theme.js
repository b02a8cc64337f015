/* Before anything is painted: the theme that was chosen in this browser. */
try {
  const theme = localStorage.getItem("oi-theme");
  if (theme) document.documentElement.dataset.oiTheme = theme;
} catch {
  // Storage may be forbidden; then the system decides.
}
