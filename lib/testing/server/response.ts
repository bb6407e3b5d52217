// Responses of an emulator, and how they are sent.
import type { ServerResponse } from 'node:http'

/** A response of an emulator. */
export interface EmulatedResponse {
  /** The HTTP status. */
  readonly status: number
  /** By name. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
}

/** Sends a response; when `stalled`, half of its body and never the rest. */
export function send(
  response: ServerResponse,
  { status, headers = {}, body }: EmulatedResponse,
  stalled = false,
): void {
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

/** The response with some fields of its JSON body replaced, or removed where undefined. */
export function patchResponse(response: EmulatedResponse, patch: Readonly<Record<string, unknown>>): EmulatedResponse {
  return { ...response, body: { ...(response.body as object | undefined), ...patch } }
}
