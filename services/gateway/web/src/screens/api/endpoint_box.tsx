/** One address of the REST interface: a line that opens. */

import { CodeLine } from "../../ui/copy_button";
import { curlLine } from "./openapi";
import type { Endpoint, Parameter } from "./openapi";

export function EndpointBox({ endpoint }: { endpoint: Endpoint }) {
  const { method, path, summary, text, parameters, body } = endpoint;
  return (
    <details class="endpoint" id={endpoint.id}>
      <summary>
        <span class="method" data-method={method}>
          {method}
        </span>
        <code>{path}</code>
        <span class="muted small">{summary}</span>
      </summary>
      <div class="endpoint-body">
        {text !== "" && <p class="pre-line">{text}</p>}
        {parameters.length > 0 && <Parameters of={`${method} ${path}`} parameters={parameters} />}
        {body !== null && (
          <p class="small">
            Sends <code>{body}</code>.
          </p>
        )}
        <CodeLine
          code={curlLine(endpoint, location.origin)}
          label={`the curl line for ${method} ${path}`}
        />
      </div>
    </details>
  );
}

function Parameters({ of, parameters }: { of: string; parameters: readonly Parameter[] }) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={`Parameters of ${of}`}>
      <table class="table table-sm">
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">In</th>
            <th scope="col">Type</th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {parameters.map(({ name, place, required, type, text }) => (
            <tr key={`${place} ${name}`}>
              <th scope="row">
                <code>{name}</code>
                {required && <span class="muted small"> required</span>}
              </th>
              <td>{place}</td>
              <td>{type}</td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
