// Answers that are no good HTTP, JSON or token: `npm run check -- fidelity` tries many more.
import { expect } from 'chai'
import fc from 'fast-check'
import { realNetwork } from '../support/real-network.ts'
import { hostileCalls } from './cases.ts'
import { cuts, hostileCases, runHostiles } from './hostile-endpoint.ts'
import { reportOf, runCases } from './run-cases.ts'

const SEED = 17
const CASES = 30

describe('A hostile response', () => {
  realNetwork()

  it('of the token endpoint that is cut off gives a typed error without a secret', async function () {
    this.timeout(120_000)
    const answers = cuts('a token in chunks', 'end').filter((_, index) => index % 3 === 0)
    expect(new Set(answers.map(({ transport }) => transport))).to.have.length(2)
    expect((await runHostiles(answers)).join('\n')).to.equal('')
  })

  it(`of the token endpoint gives its token or a typed error without a secret, in time: ${String(CASES)} responses`, async function () {
    this.timeout(120_000)
    const answers = fc.sample(hostileCases, { seed: SEED, numRuns: CASES })
    expect((await runHostiles(answers)).join('\n')).to.equal('')
  })

  it(`of the API gives the same result for an attached and a plain client: ${String(CASES)} responses`, async function () {
    this.timeout(120_000)
    const failures = await runCases({ seed: SEED, count: CASES, calls: hostileCalls })
    expect(failures.map(reportOf).join('\n')).to.equal('')
  })
})
