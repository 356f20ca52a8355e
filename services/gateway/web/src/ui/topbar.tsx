/** The bar at the top of every screen. */

import type { Route } from "../router";
import { Brand, Icon } from "./icons";
import type { IconName } from "./icons";
import { Menu } from "./menu";
import { chooseTheme, THEME_CHOICES, themeChoice } from "./theme";
import type { ThemeChoice } from "./theme";

type Screen = Route["name"];

const PLACES: readonly { href: string; label: string; screens: readonly Screen[] }[] = [
  { href: "/", label: "Studies", screens: ["home", "study", "trial", "compareStudies"] },
  { href: "/datasets", label: "Datasets", screens: ["datasets", "dataset"] },
  { href: "/workers", label: "Workers", screens: ["workers"] },
  { href: "/api", label: "API", screens: ["api"] },
];

export function TopBar({ at, onShortcuts }: { at: Route; onShortcuts: () => void }) {
  return (
    <header class="topbar">
      <div class="topbar-inner">
        <Brand />
        <nav aria-label="Main">
          {PLACES.map(({ href, label, screens }) => (
            <a key={href} href={href} aria-current={currentWord(at.name, screens)}>
              {label}
            </a>
          ))}
        </nav>
        <span class="spacer" />
        <div class="topbar-tools">
          <button
            type="button"
            class="icon-button"
            aria-label="Keyboard shortcuts"
            title="Keyboard shortcuts (?)"
            onClick={onShortcuts}
          >
            <Icon name="keyboard" />
          </button>
          <ThemeMenu />
          {at.name !== "new" && (
            <a class="btn btn-primary" href="/new">
              <Icon name="plus" />
              New study
            </a>
          )}
        </div>
      </div>
    </header>
  );
}

/** The first screen of a place is its page; further ones lie below it. */
function currentWord(at: Screen, screens: readonly Screen[]): "page" | "true" | undefined {
  if (at === screens[0]) return "page";
  return screens.includes(at) ? "true" : undefined;
}

const THEME_LOOKS: Record<ThemeChoice, readonly [string, IconName]> = {
  system: ["As the system", "screen"],
  light: ["Light", "sun"],
  dark: ["Dark", "moon"],
};

function ThemeMenu() {
  const chosen = themeChoice.value;
  const [, icon] = THEME_LOOKS[chosen];
  return (
    <Menu
      label="Theme"
      items={THEME_CHOICES.map((choice) => ({
        label: THEME_LOOKS[choice][0],
        icon: THEME_LOOKS[choice][1],
        checked: choice === chosen,
        onChoose: () => chooseTheme(choice),
      }))}
    >
      <Icon name={icon} />
    </Menu>
  );
}
