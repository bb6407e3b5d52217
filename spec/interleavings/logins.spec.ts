import { expect } from 'chai'
import fc from 'fast-check'
import { loginsPrograms, runLogins } from './logins-program.ts'
import { CONDITIONS, programsOfThree, runProgramOfThree, shareOf } from './programs-of-three.ts'

describe('renew(), adopt(), exchangeCallback(), clear() and revoke(), any three, answered in any order', () => {
  it('are 750 programs, each run under one of the conditions', () => {
    const run = CONDITIONS.flatMap((_, condition) => shareOf(condition)).map((program) => JSON.stringify(program))
    expect(run).to.have.length(750)
    expect(new Set(run)).to.have.length(programsOfThree().length)
  })

  // `npm run check -- soak` runs each under all of them. Fault 109, 111
  for (const [condition, [place, beginning]] of CONDITIONS.entries())
    it(`end as asked last; what was superseded is revoked, and nothing is left pending: ${place}, begun ${beginning}`, async () => {
      for (const program of shareOf(condition)) await runProgramOfThree(program, place, beginning)
    }).timeout(60_000)
})

describe('any sequence of logins, logouts and renewals', () => {
  // Fault 109, 111
  it('ends as asked last, over memory and over a store that is slow and fails, whatever responses are lost', async () => {
    await fc.assert(fc.asyncProperty(loginsPrograms, runLogins), { numRuns: 75, seed: 21 })
  }).timeout(120_000)
})
