/** Tabs that are links: each has its own address, and the browser's Back leads through them. */

export interface Tab {
  key: string;
  label: string;
  href: string;
  /** Beside the label: how many there are of what the tab shows. */
  count?: string;
}

interface TabsProps {
  /** What the tabs are parts of, for a screen reader. */
  label: string;
  tabs: readonly Tab[];
  current: string;
}

export function Tabs({ label, tabs, current }: TabsProps) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.key} href={tab.href} aria-current={tab.key === current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined && <span class="count">{tab.count}</span>}
        </a>
      ))}
    </nav>
  );
}
