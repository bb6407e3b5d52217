import fc from 'fast-check'
import { run, steps } from './program.ts'

describe('any interleaving of callers, answers, the store and the clock', () => {
  // Fault 14
  it('keeps one flight, one spender, no dead token served, rising generations, and settles every promise', async () => {
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 2_000 })
  }).timeout(120_000)
})
