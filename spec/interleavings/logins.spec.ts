import { expect } from 'chai'
import fc from 'fast-check'
import { loginsPrograms, runLogins } from './logins-program.ts'
import { CONDITIONS, runProgramOfThree, shareOf } from './programs-of-three.ts'

describe('renew(), adopt(), exchangeCallback(), clear() and revoke(), any three, with responses in any order', () => {
  it('are 250 programs, each run under one of the conditions: any three operations are in two of them', () => {
    const run = CONDITIONS.flatMap((_, condition) => shareOf(condition))
    const distinct = (parts: readonly unknown[]): number => new Set(parts.map((part) => JSON.stringify(part))).size
    expect(run).to.have.length(250)
    expect(distinct(run)).to.equal(250)
    expect(distinct(run.map(({ operations }) => operations))).to.equal(125)
  })

  // `npm run check -- soak` runs each under all of them. Fault 109, 111
  for (const [condition, [place, beginning]] of CONDITIONS.entries())
    it(`end as the last call demands; superseded tokens are revoked, and nothing stays pending: ${place}, begun ${beginning}`, async () => {
      for (const program of shareOf(condition)) await runProgramOfThree(program, place, beginning)
    }).timeout(60_000)
})

describe('Any sequence of logins, logouts and renewals', () => {
  // Fault 109, 111
  it('ends as the last call demands, in memory and with a slow and failing store, whatever responses are lost', async () => {
    await fc.assert(fc.asyncProperty(loginsPrograms, runLogins), { numRuns: 25, seed: 21 })
  }).timeout(120_000)
})
