// The net that every spec runs over must tear: each way out is shown to be watched.
import axios from 'axios'
import { expect } from 'chai'
import { Emitter } from '../../lib/token/events.ts'
import { failureOf } from './failure.ts'
import { castNet, drawNet } from './secret-hooks.ts'
import { currentNet, SecretNet } from './secrets.ts'

const SECRET = 'pass+/&= "word" 17'

function netOf(value: unknown): string[] {
  const net = new SecretNet()
  net.learn(SECRET)
  net.give('it', value)
  return net.leaks.map(({ where }) => where)
}

describe('SecretNet', () => {
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
      expect(netOf(value)).to.not.be.empty
    })
  }

  it('finds none where there is none', () => {
    expect(netOf(new Error('the client_credentials grant was refused', { cause: { password: 'other' } }))).to.be.empty
  })

  for (const [what, body, authorization] of [
    ['a form', 'grant_type=password&password=pa55word', undefined],
    ['JSON', '{"a":{"refresh_token":"pa55word"}}', undefined],
    ['HTTP Basic', '', `Basic ${btoa('client:pa55word')}`],
    ['HTTP Basic, form-encoded', '', `Basic ${btoa('client:pa%35%35word')}`],
  ] as const) {
    it(`learns the secrets of ${what}`, () => {
      const net = new SecretNet()
      net.learnMessage(body, authorization)
      net.give('it', 'pa55word')
      net.give('it too', 'grant_type, password, client')
      expect(net.leaks).to.deep.equal([{ where: 'it, as text', found: 'pa55word' }])
    })
  }
})

// Fault 76
describe('The net under every spec', () => {
  // Emptied again before it is drawn in for good.
  afterEach(castNet)
  const caught = (): string => String(drawNet()?.message)

  it('catches what is written to the console', () => {
    currentNet().learn('s3cr3t-on-the-console')
    console.debug('%s', 's3cr3t-on-the-console')
    expect(caught()).to.contain('console.debug')
  })

  it('catches warnings of the process', async () => {
    currentNet().learn('s3cr3t-in-a-warning')
    process.emit('warning', new Error('s3cr3t-in-a-warning'))
    await new Promise(setImmediate)
    expect(caught()).to.contain('a warning of the process')
  })

  it('catches events, even those that nobody listens to', () => {
    currentNet().learn(SECRET)
    new Emitter().emit('cleared', () => ({ epoch: 0, SECRET }))
    expect(caught()).to.contain('the event cleared')
  })

  it('catches what axios keeps on an error', async () => {
    currentNet().learn('b3ar3r-of-news')
    const headers = { Authorization: 'Bearer b3ar3r-of-news' }
    await failureOf(axios.get('http://127.0.0.1:1/', { headers, timeout: 500 }))
    expect(caught()).to.contain('an error')
  })
})
