import { expect } from 'chai'
import { IssuedTokens } from '../../lib/testing/server/issued-tokens.ts'

describe('IssuedTokens', () => {
  let now: number
  let tokens: IssuedTokens

  beforeEach(() => {
    now = 1_000_000
    let count = 0
    const next = (prefix: string) => () => `${prefix}-${String(++count)}`
    tokens = new IssuedTokens(
      { accessToken: next('AT'), refreshToken: next('RT'), refreshLifetime: 100 },
      60,
      () => now,
    )
  })

  it('issues tokens with the default lifetime, a given one, or none', () => {
    expect(tokens.issue({ grant: 'g' })).to.deep.equal({ accessToken: 'AT-1', expiresAt: 1_060_000, grant: 'g' })
    expect(tokens.issue({ grant: 'g', lifetime: 1 }).expiresAt).to.equal(1_001_000)
    expect(tokens.issue({ grant: 'g', lifetime: null })).not.to.have.property('expiresAt')
  })

  it('returns the status of an access token', () => {
    const [a, b, c] = [
      tokens.issue({ grant: 'g' }),
      tokens.issue({ grant: 'g' }),
      tokens.issue({ grant: 'g', lifetime: null }),
    ]
    expect(tokens.revoke(b.accessToken)).to.equal(true)
    const statuses = (): string[] => [a, b, c].map(({ accessToken }) => tokens.statusOf(accessToken))
    expect(statuses()).to.deep.equal(['valid', 'revoked', 'valid'])
    now += 60_000
    expect(statuses()).to.deep.equal(['expired', 'revoked', 'valid'])
    tokens.revokeAll()
    expect(statuses()).to.deep.equal(['revoked', 'revoked', 'revoked'])
    expect([tokens.statusOf('other'), tokens.statusOf(undefined), tokens.revoke('other')]).to.deep.equal([
      'unknown',
      'unknown',
      false,
    ])
    expect(tokens.statusOf(tokens.issue({ grant: 'g' }).accessToken)).to.equal('valid')
  })

  it('returns the status of a refresh token, and the token it was exchanged for', () => {
    const first = tokens.issue({ grant: 'g', refresh: true })
    const { refreshToken = '' } = first
    expect([tokens.refreshStatusOf(refreshToken), tokens.findRefresh(refreshToken)]).to.deep.equal(['valid', first])
    const second = tokens.issue({ grant: 'g', refresh: true })
    tokens.spend(refreshToken, second)
    expect([tokens.refreshStatusOf(refreshToken), tokens.successor(refreshToken)]).to.deep.equal(['spent', second])
    expect(tokens.refreshStatusOf(second.refreshToken ?? '')).to.equal('valid')
    now += 100_000
    expect(tokens.refreshStatusOf(second.refreshToken ?? '')).to.equal('expired')
    tokens.revokeRefreshTokens()
    expect(tokens.refreshStatusOf(second.refreshToken ?? '')).to.equal('revoked')
    expect(tokens.refreshStatusOf('other')).to.equal('unknown')
  })

  it('issues the next access token with the same refresh token', () => {
    tokens.issue({ grant: 'g', refresh: 'kept' })
    const second = tokens.issue({ grant: 'g', refresh: 'kept' })
    expect([second.refreshToken, tokens.findRefresh('kept')]).to.deep.equal(['kept', second])
  })
})
