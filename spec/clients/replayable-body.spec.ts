import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { isReplayable } from '../../lib/clients/request-body.ts'

/** The package that axios has for forms in Node. */
const FormDataPackage = createRequire(createRequire(import.meta.url).resolve('axios'))('form-data') as new () => object

describe('isReplayable', () => {
  class Message {
    readonly to = '+61412345678'
  }

  // Fault 48
  const repeatable: readonly (readonly [what: string, body: unknown])[] = [
    ['no body', undefined],
    ['null', null],
    ['text', 'a'],
    ['empty text', ''],
    ['a number', 1],
    ['a boolean', false],
    ['an object', { to: ['+61412345678'], body: null }],
    ['an object with a field called pipe', { pipe: 'copper', next: 'page 2' }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['an object of another realm', runInNewContext('({ a: 1 })')],
    ['a list', [1, 2]],
    ['a list of another realm', runInNewContext('[1, 2]')],
    ['URLSearchParams', new URLSearchParams('a=1')],
    ['an ArrayBuffer', new ArrayBuffer(1)],
    ['an ArrayBuffer of another realm', runInNewContext('new ArrayBuffer(1)')],
    ['a SharedArrayBuffer', new SharedArrayBuffer(1)],
    ['a typed array', new Uint16Array(1)],
    ['a typed array of another realm', runInNewContext('new Uint8Array(1)')],
    ['a DataView', new DataView(new ArrayBuffer(1))],
    ['a Buffer', Buffer.from('a')],
    ['a Blob', new Blob(['a'])],
    ['a File', new File(['a'], 'a.txt')],
    ['a FormData', new FormData()],
  ]
  for (const [what, body] of repeatable) {
    it(`is true for ${what}`, () => {
      expect(isReplayable(body)).to.be.true
    })
  }

  // Fault 49
  const once: readonly (readonly [what: string, body: unknown])[] = [
    ['a stream of Node', Readable.from(['a'])],
    ['anything with a pipe', { pipe: () => undefined }],
    ['a ReadableStream', new ReadableStream()],
    ["a Blob's stream", new Blob(['a']).stream()],
    ['a TransformStream', new TransformStream()],
    ["a Response's body", new Response('a').body],
    ['a form of the form-data package', new FormDataPackage()],
    ['an async generator', asyncParts()],
    ['an async iterable', { [Symbol.asyncIterator]: asyncParts }],
    ['a generator', parts()],
    ['an iterable', { [Symbol.iterator]: parts }],
    ['an iterator', [1][Symbol.iterator]()],
    ['a Set', new Set()],
    ['a Map', new Map()],
    ['a Response', new Response('a')],
    ['a promise', Promise.resolve('a')],
    ['a function', () => 'a'],
    ['an instance of a class', new Message()],
    ['what calls itself something unknown', { [Symbol.toStringTag]: 'Exotic' }],
  ]
  for (const [what, body] of once) {
    it(`is false for ${what}`, () => {
      expect(isReplayable(body)).to.be.false
    })
  }
})

function* parts(): Generator<string> {
  yield 'a'
}

async function* asyncParts(): AsyncGenerator<string> {
  yield await Promise.resolve('a')
}
