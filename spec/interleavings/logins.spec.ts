import { expect } from 'chai'
import fc from 'fast-check'
import { loginsPrograms, runLogins } from './logins-program.ts'
import { type Beginning, type Place, programsOfThree, runProgramOfThree } from './programs-of-three.ts'

const CASES: readonly (readonly [Place, Beginning])[] = [
  ['memory', 'at once'],
  ['memory', 'in turn'],
  ['slow', 'in turn'],
  ['failing', 'at once'],
]

describe('renew(), adopt(), exchangeCallback(), clear() and revoke(), any three, answered in any order', () => {
  const all = programsOfThree()

  // Fault 109, 111
  for (const [place, beginning] of CASES)
    it(`end as asked last; what was superseded is revoked, and nothing is left pending: ${place}, begun ${beginning}`, async () => {
      expect(all).to.have.length(750)
      for (const program of all) {
        await runProgramOfThree(program, place, beginning).catch((error: unknown) => {
          const { operations, answers } = program
          throw new Error(`${operations.join(', ')}, answered ${answers.join(', ')}`, { cause: error })
        })
      }
    }).timeout(60_000)
})

describe('any sequence of logins, logouts and renewals', () => {
  // Fault 109, 111
  it('ends as asked last, over memory and over a store that is slow and fails, whatever responses are lost', async () => {
    await fc.assert(fc.asyncProperty(loginsPrograms, runLogins), { numRuns: 300, seed: 21 })
  }).timeout(120_000)
})
