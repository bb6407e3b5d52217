import { expect } from 'chai'
import { defineProvider } from '../../lib/providers.ts'
import { buildTokenRequest } from '../../lib/token-endpoint/build-request.ts'
import { redact } from '../../lib/token-endpoint/redact.ts'

const PASSWORD = 'Pa55 w/rd+&"quoted" <tag> é-end'
const PHRASE = 'correct horse battery staple'
const ASSERTION = 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjbGllbnQiLCJqdGkiOiIxMjM0NTY3In0.c2lnbmF0dXJlLW9mLWl0'

const hex = (text: string): string => Buffer.from(text).toString('hex')
const everyCharacter = (text: string, write: (code: string) => string): string => hex(text).replace(/../g, write)

/** How a server may write what it was sent. */
const ENCODINGS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'in capitals': (secret) => secret.toUpperCase(),
  'percent-encoded': encodeURIComponent,
  'percent-encoded twice': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'percent-encoded in lower case': (secret) => encodeURIComponent(secret).toLowerCase(),
  'percent-encoded, every character': (secret) => everyCharacter(secret, (code) => `%${code}`),
  'form-encoded': (secret) => new URLSearchParams({ '': secret }).toString().slice(1),
  'in base64': (secret) => Buffer.from(secret).toString('base64'),
  'in base64url': (secret) => Buffer.from(secret).toString('base64url'),
  'in base64 of HTTP Basic': (secret) => Buffer.from(`client:${secret}`).toString('base64'),
  'in base64 twice': (secret) => Buffer.from(Buffer.from(secret).toString('base64')).toString('base64'),
  'in hexadecimal': hex,
  'in hexadecimal with colons': (secret) => everyCharacter(secret, (code) => `${code}:`),
  'in JSON': (secret) => JSON.stringify(secret),
  'in JSON, every character escaped': (secret) => everyCharacter(secret, (code) => `\\u00${code}`),
  'in HTML': (secret) => secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  'in HTML, every character escaped': (secret) => everyCharacter(secret, (code) => `&#x${code};`),
  'its first half': (secret) => secret.slice(0, secret.length / 2),
  'its second half': (secret) => secret.slice(secret.length / 2),
  'between brackets': (secret) => `(${secret})`,
}

/** The longest part of a text that stands in another, in upper or lower case. */
function longestCommon(text: string, other: string): string {
  let longest = ''
  for (let at = 0; at < text.length; at += 1)
    while (other.toLowerCase().includes(text.slice(at, at + longest.length + 1).toLowerCase())) {
      if (at + longest.length >= text.length) break
      longest = text.slice(at, at + longest.length + 1)
    }
  return longest
}

describe('redact(text, secrets)', () => {
  // Fault 141
  for (const [name, secret] of Object.entries({ password: PASSWORD, phrase: PHRASE, assertion: ASSERTION })) {
    for (const [how, encode] of Object.entries(ENCODINGS)) {
      it(`leaves no 8 characters of a ${name} that appears ${how}`, () => {
        const written = encode(secret)
        const text = redact(`The client sent ${written} instead.`, [secret])
        expect(text).to.match(/^The client sent.*\[redacted\].*instead\.$/)
        for (const form of [written, secret])
          expect(longestCommon(text.replaceAll('[redacted]', '\0'), form).length).to.be.below(8)
      })
    }
  }

  for (const text of [
    'Client authentication failed (e.g., unknown client, no client authentication included).',
    "AADSTS700016: Application with identifier 'my-application' was not found in the directory.",
    'Missing required parameter: redirect_uri, grant_type or client_assertion_type',
    'The clientId of an OAuthClient is wrong; see https://docs.example/oauth2/errors#invalid_client',
    'RFC 6749, section 5.2: scope="messages:read messages:write" is unknown',
    "Le jeton d'actualisation a été révoqué par l'administrateur",
    'Ungültige Anmeldeinformationen für Benutzer',
    'リフレッシュトークンの有効期限が切れています。',
    'Rate limit exceeded: retry in 3600 seconds, status 429',
  ]) {
    it(`does not change plain text: ${text}`, () => {
      expect(redact(text, [PASSWORD, PHRASE, ASSERTION])).to.equal(text)
    })
  }

  it('is fast for a long text and a long secret', () => {
    const startedAt = performance.now()
    for (const text of ['a'.repeat(1e6), 'aA'.repeat(5e5), '%41'.repeat(3e5), 'a-'.repeat(5e5)])
      redact(text, ['a'.repeat(32_768), 'ab'.repeat(16_384)])
    expect(performance.now() - startedAt).to.be.below(1000)
  })
})

describe('buildTokenRequest(definition, grant, values)', () => {
  // Fault 141
  it('counts values added by custom.request as secret: in the form, in JSON, in a header, in the query, in XML', async () => {
    const provider = defineProvider({
      id: 'x',
      title: 'X',
      docs: 'https://docs.example',
      token: { url: 'https://as.example/token', params: { client_id: '{clientId}' } },
      grants: { g: { params: { grant_type: 'client_credentials' } } },
      custom: {
        request: (request) => ({
          ...request,
          url: `${request.url}?signature=of-the-query`,
          headers: { ...request.headers, 'x-signature': 'of-the-header' },
          body: added(request.body ?? ''),
        }),
      },
    })
    let added: (body: string) => string
    for (const [body, secret] of [
      [(form: string) => `${form}&client_assertion=of-the-form`, 'of-the-form'],
      [() => JSON.stringify({ deep: { client_assertion: 'of-the-json' } }), 'of-the-json'],
      [() => '<assertion>of-the-xml</assertion>', '<assertion>of-the-xml</assertion>'],
    ] as const) {
      added = body
      const { secrets } = await buildTokenRequest(provider, 'g', { clientId: 'me-and-mine' })
      expect(secrets).to.include.members(['of-the-query', 'of-the-header', secret])
      expect(secrets).to.not.include.oneOf(['client_credentials', 'me-and-mine'])
    }
  })

  it('counts an API key in the headers of the token request as secret', async () => {
    const provider = defineProvider({
      id: 'x',
      title: 'X',
      docs: 'https://docs.example',
      token: { url: 'https://as.example/token', headers: { Accept: 'application/json', 'X-Api-Key': 'k3y-of-theirs' } },
      grants: { g: { params: { grant_type: 'client_credentials' } } },
    })
    expect((await buildTokenRequest(provider, 'g', {})).secrets).to.deep.equal(['k3y-of-theirs'])
  })
})
