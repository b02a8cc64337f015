/** What was chosen in this browser; where storage is forbidden, for this page alone. */
export function chosen(name) {
  try {
    return localStorage.getItem(`oi-${name}`);
  } catch {
    return null;
  }
}

export function choose(name, value) {
  try {
    localStorage.setItem(`oi-${name}`, value);
  } catch {
    // The page goes on without.
  }
}
