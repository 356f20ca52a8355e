import { Blank } from "../ui/blank";
import { useTitle } from "../ui/hooks";

export function Missing() {
  useTitle("Not found");
  return (
    <Blank page icon="search" title="Nothing is at this address" text="The link may be cut short.">
      <a class="btn btn-primary" href="/">
        To the studies
      </a>
    </Blank>
  );
}
