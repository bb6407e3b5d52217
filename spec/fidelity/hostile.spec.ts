// Answers that are no good HTTP, JSON or token: `npm run check -- fidelity` tries many more.
import { expect } from 'chai'
import fc from 'fast-check'
import { realNetwork } from '../support/real-network.ts'
import { hostileCalls } from './cases.ts'
import { cuts, hostileCases, runHostiles } from './hostile-endpoint.ts'
import { reportOf, runCases } from './run-cases.ts'

const SEED = 17
const CASES = 50

describe('A hostile answer', () => {
  realNetwork()

  it('of the token endpoint that breaks off at any byte gives a typed error, and no secret is in it', async function () {
    this.timeout(120_000)
    expect((await runHostiles(cuts('a token in chunks', 'end'))).join('\n')).to.equal('')
  })

  it(`of the token endpoint gives its token or a typed error, in time, and no secret is in it: ${String(CASES)} answers`, async function () {
    this.timeout(120_000)
    const answers = fc.sample(hostileCases, { seed: SEED, numRuns: CASES })
    expect((await runHostiles(answers)).join('\n')).to.equal('')
  })

  it(`of the API is to an attached client what it is to a bare one: ${String(CASES)} answers`, async function () {
    this.timeout(120_000)
    const failures = await runCases({ seed: SEED, count: CASES, calls: hostileCalls })
    expect(failures.map(reportOf).join('\n')).to.equal('')
  })
})
