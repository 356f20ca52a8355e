/** The other ways in: Python, the command line, gRPC. */

import { CodeLine } from "../../ui/copy_button";
import { Panel } from "../../ui/panel";

const PYTHON = (origin: string): string => `from layerlab.client import Client

with Client("${origin}") as client:
    study = client.studies.create("table.csv", target="label", time_budget="10m")
    study.wait(progress=True)
    print(study.verdict().headline)
    frame = study.leaderboard().to_frame()`;

const COMMANDS = (origin: string): string => `export LAYERLAB_SERVER_URL=${origin}
layerlab study create table.csv --target label --follow
layerlab study leaderboard STUDY_ID -o csv > trials.csv
layerlab --help`;

const GRPC = `grpcurl -plaintext 127.0.0.1:50051 list
grpcurl -plaintext -d '{"study_id": "STUDY_ID"}' \\
  127.0.0.1:50051 layerlab.v1.StudyService/GetStudy`;

const EVENTS = (origin: string): string => `curl -N -H 'Accept: text/event-stream' \\
  '${origin}/v1/studies/{study_id}/events?after=0'`;

export function Ways() {
  const { origin } = location;
  return (
    <div class="ways">
      <Panel title="Python" subtitle="The package's own client follows a study and reconnects.">
        <CodeLine code={PYTHON(origin)} label="the Python example" />
      </Panel>
      <Panel title="Command line" subtitle="Data on standard output, progress on standard error.">
        <CodeLine code={COMMANDS(origin)} label="the shell example" />
      </Panel>
      <Panel
        title="gRPC"
        subtitle="The same functions as REST, on a port of their own; 50051 unless set otherwise."
      >
        <CodeLine code={GRPC} label="the gRPC example" />
        <p class="muted small below-line">
          The contracts are in <code>protos/layerlab/v1</code>. Errors carry the same{" "}
          <code>code</code> as REST.
        </p>
      </Panel>
      <Panel title="Following a study" subtitle="Everything that happens to a study, numbered without a gap.">
        <CodeLine
          code={EVENTS(origin)}
          label="the curl line for events"
        />
        <p class="muted small below-line">
          The same address speaks websocket. <code>after</code> is the number of the last event that
          arrived: whoever comes back with it misses nothing.
        </p>
      </Panel>
    </div>
  );
}
