// Request bodies by name: of every kind that a client takes or refuses.
import { createReadStream } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import NodeFormData from 'form-data'

type Make = (text: string) => unknown

export interface BodyKind {
  readonly make: Make
  /** It can be sent once only. */
  readonly isStream?: true
}

const kind = (make: Make): BodyKind => ({ make })
const stream = (make: Make): BodyKind => ({ make, isStream: true })

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const webStream = (...parts: unknown[]): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })

/** In several turns of the event loop. */
async function* slowly(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await new Promise((resolve) => setImmediate(resolve))
    yield part
  }
}

const form = (text: string): FormData => {
  const made = new FormData()
  made.append('a', text)
  made.append('f', new Blob(['file'], { type: 'text/plain' }), 'f.txt')
  return made
}

const nodeForm = (text: string): NodeFormData => {
  const made = new NodeFormData()
  made.append('a', text)
  made.append('f', Buffer.from('file'), 'f.txt')
  return made
}

const circular = (): object => {
  const made: Record<string, unknown> = {}
  return (made['self'] = made)
}

/** A stream that fails once its first part has been read. */
const failing = (): Readable => {
  let isFirst = true
  return new Readable({
    read() {
      if (!isFirst) this.destroy(new Error('the body failed'))
      else this.push('part')
      isFirst = false
    },
  })
}

const KINDS = {
  none: kind(() => undefined),
  null: kind(() => null),
  text: kind((text) => text),
  'empty text': kind(() => ''),
  'a lone surrogate': kind(() => 'a\ud800b'),
  'long text': kind((text) => text.padEnd(200_000, 'x')),
  'text of JSON': kind((text) => JSON.stringify({ text })),
  bytes: kind(bytesOf),
  'a part of bytes': kind((text) => bytesOf(`..${text}..`).subarray(2, -2)),
  'no bytes': kind(() => new Uint8Array()),
  'a DataView': kind((text) => new DataView(bytesOf(`..${text}`).buffer, 2)),
  'words of 16 bits': kind(() => new Uint16Array([1, 2, 3])),
  'an ArrayBuffer': kind((text) => bytesOf(text).buffer),
  'a Buffer': kind((text) => Buffer.from(text)),
  URLSearchParams: kind((text) => new URLSearchParams({ text, a: '1' })),
  'a FormData': kind(form),
  'an empty FormData': kind(() => new FormData()),
  'a form of the form-data package': kind(nodeForm),
  'a Blob': kind((text) => new Blob([text])),
  'a Blob with a type': kind((text) => new Blob([text], { type: 'text/x-own' })),
  'a File': kind((text) => new File([text], 'f.txt', { type: 'text/plain' })),
  'an object': kind((text) => ({ text, nested: { list: [1, null, undefined, text] }, at: new Date(0) })),
  'an array': kind((text) => [text, 1]),
  'a number': kind(() => 1.5),
  zero: kind(() => 0),
  'a boolean': kind(() => false),
  'a Date': kind(() => new Date(0)),
  'an object with toString': kind((text) => ({ toString: () => text })),
  'an object without a prototype': kind((text) => Object.assign(Object.create(null) as object, { text })),
  'a String object': kind((text) => Object(text) as unknown),
  'a function': kind(() => () => 1),
  'a symbol': kind(() => Symbol('body')),
  'a bigint': kind(() => 1n),
  'a circular object': kind(circular),
  'a stream of Node': stream((text) => Readable.from([Buffer.from(text), Buffer.from('end')])),
  'a slow stream of Node': stream((text) => Readable.from(slowly(bytesOf(text), bytesOf('end')))),
  'a stream of objects': stream(() => Readable.from([{ a: 1 }])),
  'an empty stream of Node': stream(() => Readable.from([])),
  'a PassThrough': stream((text) => new PassThrough().end(text)),
  'a stream that fails': stream(failing),
  'a file that is not there': stream(() => createReadStream('/does/not/exist')),
  'a stream of the web': stream((text) => webStream(bytesOf(text), bytesOf('end'))),
  'an empty stream of the web': stream(() => webStream()),
  'a stream of the web with text': stream((text) => webStream(text)),
  'a stream of the web that fails': stream(
    () =>
      new ReadableStream({
        pull: (controller) => {
          controller.error(new Error('the body failed'))
        },
      }),
  ),
  'an async generator': stream((text) => slowly(bytesOf(text), bytesOf('end'))),
  'a form with a stream': stream((text) => {
    const made = new NodeFormData()
    made.append('f', Readable.from([Buffer.from(text)]), { filename: 'f.txt', knownLength: Buffer.byteLength(text) })
    return made
  }),
} satisfies Record<string, BodyKind>

export type BodyName = keyof typeof KINDS

export const BODIES: Readonly<Record<BodyName, BodyKind>> = KINDS

export const BODY_NAMES = Object.keys(KINDS) as BodyName[]
