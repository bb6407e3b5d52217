import fc from 'fast-check'
import { run, steps } from './program.ts'
import { playRequests, requestsProgram } from './requests-program.ts'

describe('any interleaving of callers, answers, the store and the clock', () => {
  // Fault 14
  it('keeps one flight, one spender, no dead token served, rising generations, and settles every promise', async () => {
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 1_500 })
  }).timeout(120_000)

  it('sends a request once more at most, with another token that lives, and nothing once its caller has left', async () => {
    await fc.assert(fc.asyncProperty(requestsProgram, playRequests), { numRuns: 1_000 })
  }).timeout(120_000)
})
