/** The button that turns a chart into the table behind it, and back. */

interface TableToggleProps {
  title: string;
  asTable: boolean;
  onToggle: () => void;
}

export function TableToggle({ title, asTable, onToggle }: TableToggleProps) {
  return (
    <button type="button" class="btn btn-quiet btn-small" onClick={onToggle}>
      {asTable ? "Show as chart" : "Show as table"}
      <span class="visually-hidden">: {title}</span>
    </button>
  );
}
