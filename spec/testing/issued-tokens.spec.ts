import { expect } from 'chai'
import { TokenBook } from '../../lib/testing/server/issued-tokens.ts'

describe('TokenBook', () => {
  let now: number
  let book: TokenBook

  beforeEach(() => {
    now = 1_000_000
    let count = 0
    const next = (prefix: string) => () => `${prefix}-${String(++count)}`
    book = new TokenBook({ accessToken: next('AT'), refreshToken: next('RT'), refreshLifetime: 100 }, 60, () => now)
  })

  it('issues tokens that live as long as is set, as long as is asked, or for ever', () => {
    expect(book.issue({ grant: 'g' })).to.deep.equal({ accessToken: 'AT-1', expiresAt: 1_060_000, grant: 'g' })
    expect(book.issue({ grant: 'g', lifetime: 1 }).expiresAt).to.equal(1_001_000)
    expect(book.issue({ grant: 'g', lifetime: null })).not.to.have.property('expiresAt')
  })

  it('knows how a token stands', () => {
    const [a, b, c] = [
      book.issue({ grant: 'g' }),
      book.issue({ grant: 'g' }),
      book.issue({ grant: 'g', lifetime: null }),
    ]
    expect(book.revoke(b.accessToken)).to.equal(true)
    const standing = (): string[] => [a, b, c].map(({ accessToken }) => book.standing(accessToken))
    expect(standing()).to.deep.equal(['valid', 'revoked', 'valid'])
    now += 60_000
    expect(standing()).to.deep.equal(['expired', 'revoked', 'valid'])
    book.revokeAll()
    expect(standing()).to.deep.equal(['revoked', 'revoked', 'revoked'])
    expect([book.standing('other'), book.standing(undefined), book.revoke('other')]).to.deep.equal([
      'unknown',
      'unknown',
      false,
    ])
    expect(book.standing(book.issue({ grant: 'g' }).accessToken)).to.equal('valid')
  })

  it('knows how a refresh token stands, and what it was exchanged for', () => {
    const first = book.issue({ grant: 'g', refresh: true })
    const { refreshToken = '' } = first
    expect([book.refreshStanding(refreshToken), book.findRefresh(refreshToken)]).to.deep.equal(['valid', first])
    const second = book.issue({ grant: 'g', refresh: true })
    book.spend(refreshToken, second)
    expect([book.refreshStanding(refreshToken), book.successor(refreshToken)]).to.deep.equal(['spent', second])
    expect(book.refreshStanding(second.refreshToken ?? '')).to.equal('valid')
    now += 100_000
    expect(book.refreshStanding(second.refreshToken ?? '')).to.equal('expired')
    book.revokeRefreshTokens()
    expect(book.refreshStanding(second.refreshToken ?? '')).to.equal('revoked')
    expect(book.refreshStanding('other')).to.equal('unknown')
  })

  it('gives a kept refresh token along with the next access token', () => {
    book.issue({ grant: 'g', refresh: 'kept' })
    const second = book.issue({ grant: 'g', refresh: 'kept' })
    expect([second.refreshToken, book.findRefresh('kept')]).to.deep.equal(['kept', second])
  })
})
