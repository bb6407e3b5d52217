import { MAX_ANSWER_BYTES } from './wire.ts'

/** A body as a stream of the web, or as one of Node. */
export type BodyStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<unknown> | undefined
}

/** The text of a body, or undefined, and the rest of it left unread, when it is longer than {@link MAX_ANSWER_BYTES}. */
export async function boundedText(body: BodyStream | string): Promise<string | undefined> {
  if (typeof body === 'string') return body.length > MAX_ANSWER_BYTES ? undefined : body
  const chunks = chunksOf(body)
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { value } = await chunks.next()
    if (!value) return text + decoder.decode()
    size += value.byteLength
    if (size > MAX_ANSWER_BYTES) {
      chunks.cancel()?.catch(() => undefined)
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}

// Not every browser can iterate over a stream of the web.
function chunksOf(body: BodyStream): Chunks {
  if ('getReader' in body) {
    const reader = body.getReader()
    return { next: () => reader.read(), cancel: () => reader.cancel() }
  }
  const iterator = body[Symbol.asyncIterator]()
  return { next: () => iterator.next(), cancel: () => iterator.return?.() }
}
