// Random calls by a bare client and by an attached one: the same answers, and the same on the wire. `npm run check -- fidelity` runs many
// more.
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { realNetwork } from '../support/real-network.ts'
import { RULES } from './differences.ts'
import { reportOf, runCases } from './run-cases.ts'

const CASES = 100
const SEED = 17

describe('An attached client', () => {
  realNetwork()

  it(`gives the same responses and requests as a plain client in ${String(CASES)} random calls`, async function () {
    this.timeout(120_000)
    const failures = await runCases({ seed: SEED, count: CASES })
    expect(failures.map(reportOf).join('\n')).to.equal('')
  })

  it('differs only where docs/differences.md says so', async () => {
    const page = await readFile(new URL('../../docs/differences.md', import.meta.url), 'utf8')
    for (const { sentence } of RULES) expect(page).to.include(`\n| ${sentence} | `)
  })
})
