import { Readable } from 'node:stream'
import { expect } from 'chai'
import { type BodyStream, limitedText, MAX_ANSWER_BYTES } from '../../lib/token-endpoint/transport.ts'

const makers: Readonly<Record<string, (chunks: Iterable<Uint8Array>) => BodyStream>> = {
  'a stream of the web': (chunks) => Readable.toWeb(Readable.from(chunks)) as ReadableStream<Uint8Array>,
  'a stream of Node': (chunks) => Readable.from(chunks),
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('limitedText(body)', () => {
  for (const [what, make] of Object.entries(makers)) {
    describe(`of ${what}`, () => {
      it('returns the text', async () => {
        expect(await limitedText(make([bytes('{"a":'), bytes('1}')]))).to.equal('{"a":1}')
        expect(await limitedText(make([]))).to.equal('')
      })

      it('joins a character split over two chunks', async () => {
        const euro = bytes('€')
        expect(await limitedText(make([euro.subarray(0, 1), euro.subarray(1)]))).to.equal('€')
      })

      it('removes a byte order mark', async () => {
        expect(await limitedText(make([bytes('\uFEFF{}')]))).to.equal('{}')
      })

      it('stops reading at the limit', async () => {
        let pulled = 0
        let closed = false
        const endless = function* (): Generator<Uint8Array> {
          try {
            for (;;) {
              pulled += 1
              yield new Uint8Array(65_536)
            }
          } finally {
            closed = true
          }
        }
        expect(await limitedText(make(endless()))).to.equal(undefined)
        await new Promise((resolve) => setImmediate(resolve))
        expect(closed).to.equal(true)
        // A stream may read ahead.
        expect(pulled * 65_536).to.be.below(4 * MAX_ANSWER_BYTES)
      })

      it('rejects with the error of the stream', async () => {
        const reason = new Error('reset')
        const failing = function* (): Generator<Uint8Array> {
          yield bytes('{')
          throw reason
        }
        const thrown = await limitedText(make(failing())).catch((error: unknown) => error)
        expect(thrown).to.equal(reason)
      })
    })
  }

  it('of text returns the text, with the same limit', async () => {
    expect(await limitedText('{}')).to.equal('{}')
    expect(await limitedText('a'.repeat(MAX_ANSWER_BYTES + 1))).to.equal(undefined)
  })
})
