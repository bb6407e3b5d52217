// A request as it came, before it is known what it is.

import type { IncomingMessage } from 'node:http'

/** A request as it came in. */
export interface Arrival {
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case; a header that came twice has its values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, byte for byte. */
  readonly bytes: Buffer
  /** The body as text. */
  readonly body: string
  /** Epoch milliseconds at which the request was complete. */
  readonly at: number
}

/** Reads a request to its end. */
export async function arrivalOf(incoming: IncomingMessage, now: () => number): Promise<Arrival> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const { method = 'GET', url = '/', headersDistinct } = incoming
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: Object.fromEntries(
      Object.entries(headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
    ),
    bytes,
    body: bytes.toString(),
    at: now(),
  }
}
