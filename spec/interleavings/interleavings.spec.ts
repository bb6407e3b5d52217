import fc from 'fast-check'
import { steps } from './manager-steps.ts'
import { playPool, playScopes, poolProgram, scopesProgram } from './pool-program.ts'
import { run } from './program.ts'
import { playRequests, requestsProgram } from './requests-program.ts'
import { playSharers, sharersProgram } from './sharers-program.ts'

describe('any interleaving of callers, answers, the store and the clock', () => {
  // Fault 14
  it('keeps one flight, one spender, no dead token served, rising generations, and settles every promise', async () => {
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 1_200 })
  }).timeout(120_000)

  it('sends a request once more at most, with another token that lives, and nothing once its caller has left', async () => {
    await fc.assert(fc.asyncProperty(requestsProgram, playRequests), { numRuns: 600 })
  }).timeout(120_000)

  it('evicts no account that is busy, loses no refresh token, and mixes no two accounts up', async () => {
    await fc.assert(fc.asyncProperty(poolProgram, playPool), { numRuns: 400 })
  }).timeout(120_000)

  it('spends a refresh token that two scopes share once', async () => {
    await fc.assert(fc.asyncProperty(scopesProgram, playScopes), { numRuns: 300 })
  }).timeout(120_000)

  it('lets managers that share a store collide, and ends none while the refresh token lives', async () => {
    await fc.assert(fc.asyncProperty(sharersProgram, playSharers), { numRuns: 300 })
  }).timeout(120_000)
})
