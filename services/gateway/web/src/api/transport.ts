/** The page's only way out. The mock API takes its place, so that the page runs alone. */

export interface Upload {
  /** Resolves with the status and the body, whatever the status is. */
  done: Promise<{ status: number; body: string }>;
  cancel: () => void;
}

export interface Socket {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  close(): void;
}

export interface Transport {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Progress is in bytes, sent and total. */
  upload(path: string, body: Blob, onProgress: (sent: number, total: number) => void): Upload;
  openSocket(path: string): Socket;
}

export class Cancelled extends Error {}

// fetch can't tell how much of a body has been sent; XMLHttpRequest can.
function uploadByXhr(
  path: string,
  body: Blob,
  onProgress: (sent: number, total: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<{ status: number; body: string }>((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onload = () => resolve({ status: request.status, body: request.responseText });
    request.onerror = () => reject(new TypeError("network"));
    request.onabort = () => reject(new Cancelled());
  });
  request.open("POST", path);
  request.setRequestHeader("Content-Type", "text/csv");
  request.send(body);
  return { done, cancel: () => request.abort() };
}

export const browserTransport: Transport = {
  fetch: (path, init) => fetch(path, init),
  upload: uploadByXhr,
  openSocket: (path) => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}${path}`) as Socket;
  },
};

let current: Transport = browserTransport;

export function transport(): Transport {
  return current;
}

export function setTransport(replacement: Transport): void {
  current = replacement;
}
