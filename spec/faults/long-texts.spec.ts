// Long and hostile texts from a server: each parser takes linear time. One with a backtracking regular expression would take minutes.
import { expect } from 'chai'
import { defineProvider } from '../../lib/providers.ts'
import { answer, failureOf, meaning, sent } from '../support/answers.ts'

const LONG = 300_000

const provider = defineProvider({
  id: 'long',
  title: 'Long texts',
  docs: 'https://docs.example',
  api: 'https://api.example',
  token: {
    url: '{instance}/token',
    answer: { lifetime: [{ at: 'until', unit: 'iso' }, { in: 'expires_in' }] },
    errors: { wait: [{ at: 'wait', as: 'date' }] },
  },
  grants: { g: { params: { grant_type: 'g' } } },
})

const run = (text: string): string => text.repeat(LONG / text.length)
const token = { access_token: 'at' }

describe('A long text from a server', () => {
  const read: readonly (readonly [what: string, body: object])[] = [
    ['an expiry date', { ...token, until: `2026-01-01${run('T')}-` }],
    ['expires_in', { ...token, expires_in: `${run('9')}x` }],
    ['expires_in, of spaces', { ...token, expires_in: `${run(' ')}x` }],
    ['token_type', { ...token, token_type: `${run('bearer')}x` }],
    ['scope', { ...token, scope: `${run('a ')}\n` }],
  ]
  for (const [what, body] of read) {
    it(`in place of ${what} is skipped`, async () => {
      expect(await meaning(provider, 'g', answer(200, body))).to.deep.equal({
        kind: 'token',
        issued: { accessToken: 'at', scheme: 'Bearer' },
      })
    })
  }

  const refused: readonly (readonly [what: string, body: object, headers?: Record<string, string>])[] = [
    ['access_token', { access_token: `${run('a').slice(0, 32_000)}\n` }],
    ['an error code', { error: run(' \u0001') }],
    ['error_description', { error: 'x', error_description: `${run('\u2028 ')}x` }],
    ['a pause in the body', { error: 'x', wait: `A${run('a')}, ` }],
    ['Retry-After', { error: 'x' }, { 'retry-after': `A${run('a, ')}GMT` }],
    ['Retry-After in seconds', { error: 'x' }, { 'retry-after': `${run('1')}.` }],
  ]
  for (const [what, body, headers] of refused) {
    it(`in place of ${what} gives an error with a short message`, async () => {
      const status = 'access_token' in body ? 200 : 400
      const { error, retryAfter } = await failureOf(provider, 'g', answer(status, body, headers))
      expect(error.message.length).to.be.below(700)
      expect(retryAfter).to.equal(undefined)
    })
  }

  it('of slashes at the end of a URL is shortened in linear time', async () => {
    const instance = `https://eu.example/${run('/')}`
    expect((await sent(provider, 'g', { instance })).url).to.equal('https://eu.example/token')
    const other = await sent(provider, 'g', { instance: `${instance}x` })
    expect(other.url.length).to.equal(instance.length + '/x/token'.length - 1)
  })
})
