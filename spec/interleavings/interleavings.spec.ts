import fc from 'fast-check'
import { managerPrograms, runManager } from './manager-program.ts'
import { membersPrograms, runMembers } from './members-program.ts'
import { originsPrograms, runOrigins } from './origins-program.ts'
import { poolPrograms, runPool, runScopes, scopesPrograms } from './pool-program.ts'
import { requestsPrograms, runRequests } from './requests-program.ts'
import { runSharedStore, sharedStorePrograms } from './shared-store-program.ts'

// The same programs each time; `npm run check -- soak` draws others, and more.
const SEED = 21

describe('any interleaving of callers, responses, the store and the clock', () => {
  // Fault 14
  it('runs one renewal at a time, sends each refresh token once, serves no expired token, and settles every promise', async () => {
    await fc.assert(fc.asyncProperty(managerPrograms, runManager), { numRuns: 100, seed: SEED })
  }).timeout(120_000)

  it('replays a request at most once, with a newer valid token, and sends nothing after its caller has aborted', async () => {
    await fc.assert(fc.asyncProperty(requestsPrograms, runRequests), { numRuns: 50, seed: SEED })
  }).timeout(120_000)

  // Fault 120, 122, 125
  it('limits the token requests that an API causes, and blocks no other API', async () => {
    await fc.assert(fc.asyncProperty(originsPrograms, runOrigins), { numRuns: 50, seed: SEED })
  }).timeout(120_000)

  it('evicts no busy account, loses no refresh token, and serves no token of another account', async () => {
    await fc.assert(fc.asyncProperty(poolPrograms, runPool), { numRuns: 40, seed: SEED })
  }).timeout(120_000)

  it('sends a refresh token shared by two scopes once', async () => {
    await fc.assert(fc.asyncProperty(scopesPrograms, runScopes), { numRuns: 25, seed: SEED })
  }).timeout(120_000)

  it('ends no session of a shared store while the refresh token is valid', async () => {
    await fc.assert(fc.asyncProperty(sharedStorePrograms, runSharedStore), { numRuns: 25, seed: SEED })
  }).timeout(120_000)

  it('sends a refresh token once among suspended and killed processes, unless the holder of the claim is dead, and ends as the last call demands', async () => {
    await fc.assert(fc.asyncProperty(membersPrograms, runMembers), { numRuns: 25, seed: SEED })
  }).timeout(120_000)
})
