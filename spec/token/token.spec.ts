import { inspect } from 'node:util'
import { expect } from 'chai'
import { createToken } from '../../lib/token/token.ts'

const SECRET = 'the-secret-itself'

describe('createToken(fields)', () => {
  const made = createToken({
    accessToken: SECRET,
    scheme: 'Bearer',
    obtainedAt: 1,
    expiresAt: 2,
    generation: 3,
    scope: 'a b',
  })

  it('exposes the secret as accessToken', async () => {
    expect((await made).accessToken).to.equal(SECRET)
  })

  it('has a fingerprint of the first 16 bytes of its SHA-256, in base64url', async () => {
    const { createHash } = await import('node:crypto')
    const expected = createHash('sha256').update(SECRET).digest().subarray(0, 16).toString('base64url')
    expect((await made).fingerprint).to.equal(expected)
  })

  it('shows the fingerprint and never the secret when printed', async () => {
    const token = await made
    const shown = [
      String(token),
      JSON.stringify({ token }),
      inspect(token),
      inspect({ deep: { token } }, { depth: 10, showHidden: true, getters: true }),
      inspect(token, { customInspect: false, getters: true }),
      JSON.stringify({ ...token }),
      Object.entries(token).join(),
    ]
    for (const text of shown) expect(text).to.not.contain(SECRET)
    expect(shown[0]).to.equal(`Token ${token.fingerprint}`)
    expect(shown[1]).to.contain(token.fingerprint)
  })

  it('is immutable', async () => {
    expect(Object.isFrozen(await made)).to.equal(true)
  })

  it('omits unknown fields', async () => {
    const token = await createToken({ accessToken: SECRET, scheme: 'Bearer', obtainedAt: 1, generation: 1 })
    expect(token).to.not.have.any.keys('expiresAt', 'scope')
  })
})
