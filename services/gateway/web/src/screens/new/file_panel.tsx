/** The file on its way: preview, progress, and what the server found wrong with it. */

import { ApiProblem } from "../../api/client";
import { bytes } from "../../format/numbers";
import { ProblemNote } from "../../ui/blank";
import { DropArea } from "../../ui/drop_area";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { PreviewTable } from "./preview_table";
import { beginUpload, forgetUpload } from "./upload";
import type { UploadState } from "./upload";

const useFile = (file: File): void => void beginUpload(file);

export function FilePanel({ upload }: { upload: UploadState }) {
  const failed = upload.error !== null;
  return (
    <>
      <section class="panel" aria-label="The file">
        <div class="panel-body stack">
          <div class="file-line">
            <span class="icon">
              <Icon name="table" />
            </span>
            <div class="what">
              <strong class="truncate">{upload.file.name}</strong>
              <span class="muted small">
                {failed ? "Not accepted; nothing was kept" : stage(upload)}
              </span>
            </div>
            {!failed && (
              <button type="button" class="btn btn-quiet" onClick={forgetUpload}>
                Cancel
              </button>
            )}
          </div>
          {!failed && <UploadMeter upload={upload} />}
          {failed && <ProblemNote error={upload.error} onRetry={retryOf(upload)} />}
        </div>
      </section>
      {failed && <DropArea compact onFile={useFile} />}
      {upload.preview && (
        <Panel title="First rows" subtitle="As they are in the file" flush>
          <PreviewTable preview={upload.preview} />
        </Panel>
      )}
    </>
  );
}

/** The same file would be refused again; a server that was away may be back. */
function retryOf({ error, file }: UploadState): (() => void) | undefined {
  return error instanceof ApiProblem ? undefined : () => void beginUpload(file);
}

function stage(upload: UploadState): string {
  if (upload.sent < upload.total) return `${bytes(upload.sent)} of ${bytes(upload.total)} sent`;
  return `${bytes(upload.total)} sent · reading every row and column`;
}

function UploadMeter({ upload }: { upload: UploadState }) {
  const share = upload.total > 0 ? upload.sent / upload.total : 1;
  return (
    <div
      class={`meter ${share >= 1 ? "pulse" : ""}`}
      role="progressbar"
      aria-label="Upload"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}
