// What an emulator answers, and how it goes on the wire.
import type { ServerResponse } from 'node:http'

/** What an emulator answers. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown
}

/** Sends the answer; `stalled`, the half of its body, and never the rest. */
export function send(response: ServerResponse, { status, headers = {}, body }: Answer, stalled = false): void {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const bytes = Buffer.from(isRaw ? body : body === undefined ? '' : JSON.stringify(body))
  if (!isRaw && body !== undefined) response.setHeader('Content-Type', 'application/json')
  // A 204 has no body, and so no length.
  if (status !== 204) response.setHeader('Content-Length', String(bytes.length))
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.writeHead(status)
  if (stalled) response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
  else response.end(bytes)
}

/** The answer with some fields of its JSON body replaced, or taken away where undefined. */
export function patched(answer: Answer, patch: Readonly<Record<string, unknown>>): Answer {
  return { ...answer, body: { ...(answer.body as object | undefined), ...patch } }
}
