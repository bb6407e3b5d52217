// The leak detection of every spec must itself fail: one spec per way in which a secret can leak.
import axios from 'axios'
import { expect } from 'chai'
import { Emitter } from '../../lib/token/events.ts'
import { failureOf } from './failure.ts'
import { startLeakDetection, endLeakDetection } from './leak-detection-hooks.ts'
import { leakDetector, LeakDetector } from './leak-detector.ts'

const SECRET = 'pass+/&= "word" 17'

function leaksOf(value: unknown): string[] {
  const detector = new LeakDetector()
  detector.learn(SECRET)
  detector.inspect('it', value)
  return detector.leaks.map(({ where }) => where)
}

describe('LeakDetector', () => {
  const ways: readonly (readonly [what: string, value: unknown])[] = [
    ['in clear', `it is ${SECRET}!`],
    ['in a message', new Error(`wrong: ${SECRET}`)],
    ['in a field', Object.assign(new Error('wrong'), { config: { headers: { authorization: SECRET } } })],
    ['in JSON', JSON.stringify({ password: SECRET })],
    ['in a cause of a cause', new Error('a', { cause: new Error('b', { cause: { deep: { down: SECRET } } }) })],
    ['behind a getter', Object.defineProperty({}, 'secret', { enumerable: true, get: () => SECRET })],
    ['in what is not enumerable', Object.defineProperty({}, 'secret', { value: SECRET })],
    ['in what becomes JSON', { toJSON: () => ({ SECRET }) }],
    ['in what becomes text', { toString: () => SECRET }],
    ['in a map', new Map([['a', [{ SECRET }]]])],
    ['in the response of an error', Object.assign(new Error('wrong'), { response: { data: SECRET } })],
    ['in a stack', Object.assign(new Error('wrong'), { stack: `Error\n at ${SECRET}` })],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['form-encoded', new URLSearchParams({ p: SECRET }).toString()],
    ...['', 'a', 'ab', 'abc'].flatMap((before) =>
      ['', 'x', 'xy'].map((after) => {
        const base64 = Buffer.from(before + SECRET + after).toString('base64')
        return [`in base64 after "${before}" and before "${after}"`, `Basic ${base64}`] as const
      }),
    ),
    ['in base64url', Buffer.from(`a:${SECRET}`).toString('base64url')],
  ]
  for (const [what, value] of ways) {
    it(`finds a secret ${what}`, () => {
      expect(leaksOf(value)).to.not.be.empty
    })
  }

  it('finds a secret of any length at any place of a text', () => {
    for (let length = 4; length <= 12; length += 1)
      for (let before = 0; before <= 8; before += 1)
        for (const after of ['', '.']) {
          const detector = new LeakDetector()
          const secret = 'Zq8#Wx5!Vy2?'.slice(0, length)
          detector.learn(secret)
          detector.inspect('it', `${'-'.repeat(before)}${secret}${after}`)
          expect(detector.leaks, `${String(length)} letters at ${String(before)}`).to.have.length(1)
        }
  })

  it('finds no secret where there is none', () => {
    expect(leaksOf(new Error('the client_credentials grant was refused', { cause: { password: 'other' } }))).to.be.empty
  })

  for (const [what, body, authorization] of [
    ['a form', 'grant_type=password&password=pa55word', undefined],
    ['JSON', '{"a":{"refresh_token":"pa55word"}}', undefined],
    ['HTTP Basic', '', `Basic ${btoa('client:pa55word')}`],
    ['HTTP Basic, form-encoded', '', `Basic ${btoa('client:pa%35%35word')}`],
  ] as const) {
    it(`learns the secrets in ${what}`, () => {
      const detector = new LeakDetector()
      detector.learnMessage(body, authorization)
      detector.inspect('it', 'pa55word')
      detector.inspect('it too', 'grant_type, password, client')
      expect(detector.leaks).to.deep.equal([{ where: 'it, as text', found: 'pa55word' }])
    })
  }
})

// Fault 76
describe('Leak detection in every spec', () => {
  // Reset before the root hook evaluates it.
  afterEach(startLeakDetection)
  const caught = (): string => String(endLeakDetection()?.message)

  it('detects secrets on the console', () => {
    leakDetector().learn('s3cr3t-on-the-console')
    console.debug('%s', 's3cr3t-on-the-console')
    expect(caught()).to.contain('console.debug')
  })

  it('detects secrets in warnings of the process', async () => {
    leakDetector().learn('s3cr3t-in-a-warning')
    process.emit('warning', Object.assign(new Error('s3cr3t-in-a-warning'), { name: 'DeprecationWarning' }))
    await new Promise(setImmediate)
    expect(caught()).to.contain('a warning of the process')
  })

  it('detects secrets in events, also without listeners', () => {
    leakDetector().learn(SECRET)
    new Emitter({ provider: 'plain' }).emit('cleared', () => ({ elsewhere: true, SECRET }))
    expect(caught()).to.contain('the event cleared')
  })

  it('detects secrets in errors of axios', async () => {
    leakDetector().learn('b3ar3r-of-news')
    const headers = { Authorization: 'Bearer b3ar3r-of-news' }
    await failureOf(axios.get('http://127.0.0.1:1/', { headers, timeout: 500 }))
    expect(caught()).to.contain('an error')
  })
})
