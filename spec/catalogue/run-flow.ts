// One flow from its first token to its second renewal, by one client. A difference from the facts throws.
import { expect } from 'chai'
import { OAuthError, type TokenManager } from '../../lib/index.ts'
import { deviceAuthorization } from '../../lib/providers.ts'
import { VirtualClock } from '../support/clock.ts'
import type { Client } from './clients.ts'
import { exchangesOf, type Flow } from './flow.ts'
import { type CatalogueServer, fieldsOff, type Trial } from './server.ts'
import type { Row } from './table.ts'

const DAY = 86_400
const REDIRECT_URI = 'https://app.example/cb'

/** Rejects with the difference where a definition does otherwise than the flow says. */
export async function runFlow(
  flow: Flow,
  { options, values }: Row,
  client: Client,
  server: CatalogueServer,
): Promise<void> {
  const { api, lifetime, renew } = flow
  const clock = new VirtualClock()
  const now = (): number => clock.now()
  const trial = server.serve(flow, exchangesOf(flow, 2), now)
  const { tokens, send } = client({ ...options, clock }, server.url)

  const begin = async (): Promise<void> => {
    if (flow.authorize) await consent(flow, tokens, values)
    if (flow.device) await consentElsewhere(tokens, clock)
    const { expiresAt } = await tokens.token()
    expect(expiresAt === undefined ? null : (expiresAt - now()) / 1000, 'the lifetime').to.equal(lifetime)
  }
  await inTrial(begin(), trial)
  const asked = flow.device ? ['token', 'token'] : ['token']
  expect(await inTrial(send(api.method, api.url), trial)).to.equal(200)
  expect(trial.seen).to.deep.equal([...asked, 'api'])
  if (renew === null) return

  const isRenewedByTime = renew !== 'again' && renew.when === 'time'
  if (isRenewedByTime) {
    const renewed = new Promise((resolve) => tokens.on('renewed', resolve))
    await clock.advance(((lifetime ?? 0) - 6 * DAY) * 1000)
    expect(await inTrial(send(api.method, api.url), trial)).to.equal(200)
    await inTrial(renewed, trial)
  } else {
    trial.kill()
  }
  expect(await inTrial(send(api.method, api.url), trial), 'with the next token').to.equal(200)
  expect(trial.seen.toSorted()).to.deep.equal(['api', 'api', 'api', ...asked, 'token'])
  if (lifetime === null) return

  if (isRenewedByTime && flow.refused) trial.kill()
  else await clock.advance((lifetime - 5) * 1000)
  expect(await inTrial(send(api.method, api.url), trial)).to.equal(200)
  expect(trial.seen.slice(-2)).to.deep.equal(['token', 'api'])
}

/** The refusal of the flow is told by its code. */
export async function runFailure(
  flow: Flow,
  { options, values }: Row,
  client: Client,
  server: CatalogueServer,
): Promise<void> {
  const { failure } = flow
  const [first] = exchangesOf(flow, 0)
  if (!failure || !first) throw new Error(`${flow.id} has no failure`)
  const clock = new VirtualClock()
  const trial = server.serve(flow, [{ ...first, reply: failure }], () => clock.now())
  const { tokens } = client({ ...options, clock }, server.url)
  const attempt: Promise<unknown> = flow.authorize ? consent(flow, tokens, values) : tokens.token()
  const error: unknown = await inTrial(attempt, trial).catch((thrown: unknown) => thrown)
  if (!(error instanceof OAuthError)) throw new Error('no OAuthError', { cause: error })
  expect(error.error).to.equal(failure.code)
}

async function consent({ authorize, callback }: Flow, tokens: TokenManager, values: Row['values']): Promise<void> {
  const request = await tokens.authorizationUrl(values)
  const { origin, pathname, searchParams } = new URL(request.url)
  expect(origin + pathname).to.equal(authorize?.url)
  expect(fieldsOff('the authorization request', searchParams, authorize?.params ?? {})).to.deep.equal([])
  const fields = new URLSearchParams({ ...(callback ?? { code: 'C1' }), state: request.state })
  await tokens.exchangeCallback(`${REDIRECT_URI}?${fields.toString()}`, request)
}

async function consentElsewhere(tokens: TokenManager, clock: VirtualClock): Promise<void> {
  const device = await deviceAuthorization(tokens)
  const polling = device.token()
  await clock.timerSet()
  await clock.advanceToNext()
  await polling
}

function inTrial<T>(step: Promise<T>, { mistake }: Trial): Promise<T> {
  return Promise.race([step, mistake])
}
