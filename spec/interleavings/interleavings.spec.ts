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
    await fc.assert(fc.asyncProperty(managerPrograms, runManager), { numRuns: 300, seed: SEED })
  }).timeout(120_000)

  it('repeats a request at most once, with a newer valid token, and sends nothing after its caller has aborted', async () => {
    await fc.assert(fc.asyncProperty(requestsPrograms, runRequests), { numRuns: 150, seed: SEED })
  }).timeout(120_000)

  // Fault 120, 122, 125
  it('lets no API cause more token requests than the budget allows, nor bar another', async () => {
    await fc.assert(fc.asyncProperty(originsPrograms, runOrigins), { numRuns: 150, seed: SEED })
  }).timeout(120_000)

  it('evicts no busy account, loses no refresh token, and serves no token of another account', async () => {
    await fc.assert(fc.asyncProperty(poolPrograms, runPool), { numRuns: 100, seed: SEED })
  }).timeout(120_000)

  it('sends a refresh token that two scopes share only once', async () => {
    await fc.assert(fc.asyncProperty(scopesPrograms, runScopes), { numRuns: 75, seed: SEED })
  }).timeout(120_000)

  it('lets no manager that shares a store give up while the refresh token is valid', async () => {
    await fc.assert(fc.asyncProperty(sharedStorePrograms, runSharedStore), { numRuns: 75, seed: SEED })
  }).timeout(120_000)

  it('sends no refresh token twice among processes that are stopped and killed, unless its holder is dead, and ends as asked last', async () => {
    await fc.assert(fc.asyncProperty(membersPrograms, runMembers), { numRuns: 75, seed: SEED })
  }).timeout(120_000)
})
