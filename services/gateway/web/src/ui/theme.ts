/** Light or dark: the system's, or what was chosen here. `public/theme.js` is its other half. */

import { computed, signal } from "@preact/signals";

export const THEME_CHOICES = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const KEY = "layerlab.theme";

const system = window.matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(system.matches);
system.addEventListener("change", () => (systemIsDark.value = system.matches));

export const themeChoice = signal<ThemeChoice>(chosenBefore());

/** What is on the screen. Charts read their colors anew when it changes. */
export const isDark = computed(() =>
  themeChoice.value === "system" ? systemIsDark.value : themeChoice.value === "dark",
);

export function chooseTheme(choice: ThemeChoice): void {
  // The document first: who is told of the change reads its colors there.
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  themeChoice.value = choice;
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Storage is switched off: it holds until the page is closed.
  }
}

function chosenBefore(): ThemeChoice {
  const theme = document.documentElement.dataset.theme;
  return theme === "light" || theme === "dark" ? theme : "system";
}
