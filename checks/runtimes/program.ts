// The program that runs in every runtime. It knows only the host's address; `control` reports what the server received.
import axios from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch, type BearerFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { telstra } from '../../lib/providers.ts'
import type { Observed } from './host.ts'

/** A claim, and the error if it failed. */
export interface Trial {
  readonly name: string
  readonly failure?: string
}

export interface Setting {
  /** The origin of the host. */
  readonly host: string
  readonly credentials: { readonly clientId: string; readonly clientSecret: string }
  /** The adapters of axios that the runtime has. */
  readonly adapters: readonly ('http' | 'xhr' | 'fetch')[]
}

const MESSAGE = JSON.stringify({ to: '+61412345678', body: 'x'.repeat(5_000) })
const NO_CORS = { mode: 'no-cors' } as const
/** Browsers remove Cookie, and of a `no-cors` request Authorization too. */
const isBrowser = 'document' in globalThis
const JSON_BODY = { method: 'POST', headers: { 'content-type': 'application/json' }, body: MESSAGE }

export async function tryAll(setting: Setting): Promise<Trial[]> {
  const trials: Trial[] = []
  for (const [name, run] of trialsOf(setting)) {
    await control(setting.host, 'reset')
    const failure = await run().then(
      () => undefined,
      (error: unknown) => String(error),
    )
    trials.push({ name, ...(failure !== undefined && { failure }) })
  }
  return trials
}

function trialsOf({ host, credentials, adapters }: Setting): [string, () => Promise<void>][] {
  const api = `${host}/v2`
  const sms = `${api}/messages/sms`
  const manager = (): TokenManager => createTokenManager({ provider: { ...telstra, api }, credentials })
  const wrapped = (): BearerFetch<TokenManager> => wrapFetch(fetch, manager())
  const expect = async (expected: Partial<Observed>): Promise<void> => {
    const observed = await control(host, 'observe')
    for (const [key, value] of Object.entries(expected))
      equal(observed[key as keyof Observed], value, `${key} at the server`)
  }
  const onFetch: [string, () => Promise<void>][] = [
    [
      'fetch: 100 concurrent requests, one token request',
      async () => {
        const apiFetch = wrapped()
        const answers = await Promise.all(Array.from({ length: 100 }, () => apiFetch(sms)))
        equal(answers.filter(({ ok }) => ok).length, 100, 'answers')
        await expect({ token: 1, resource: 100, unauthorized: 0 })
      },
    ],
    [
      'fetch: a Request with a body is replayed after a 401, with its whole body',
      async () => {
        const apiFetch = wrapped()
        await apiFetch(sms)
        await control(host, 'revoke')
        const [request, copied] = [new Request(sms, JSON_BODY), new Request(sms, JSON_BODY)]
        const answer = await apiFetch(request)
        equal(answer.status, 201, 'status')
        // Bun copies a Request that other runtimes consume.
        await new Request(copied).text()
        equal(request.bodyUsed, copied.bodyUsed, 'bodyUsed')
        await expect({ token: 2, resource: 3, unauthorized: 1, bodies: [MESSAGE, MESSAGE] })
      },
    ],
    [
      'fetch: the token does not follow a redirect to another origin',
      async () => {
        const answer = await wrapped()(`${api}/away`)
        equal(await answer.text(), 'other origin', 'answer')
        await expect({ otherOrigin: [null] })
      },
    ],
    [
      'fetch: a request whose mode is no-cors has its token, or is refused where the platform removes it',
      async () => {
        const apiFetch = wrapped()
        const calls = [() => apiFetch(sms, NO_CORS), () => apiFetch(new Request(sms, NO_CORS))]
        for (const call of calls) await refusedOr200(call, /mode: expected one that keeps Authorization/)
        await expect(isBrowser ? { token: 0, resource: 0 } : { token: 1, resource: 2, unauthorized: 0 })
      },
    ],
    [
      'fetch: a token in Cookie is refused where the platform removes it',
      async () => {
        const placement = { header: 'Cookie', value: 'token={token}' }
        const refused = await Promise.resolve()
          .then(() =>
            wrapFetch(undefined, createTokenManager({ provider: { ...telstra, api, placement }, credentials })),
          )
          .catch((error: unknown) => error)
        equal(String(refused).includes('placement: expected a header that this platform sends'), isBrowser, 'refused')
      },
    ],
    [
      'fetch: an aborted call rejects with the abort reason',
      async () => {
        const reason = new Error('aborted')
        const controller = new AbortController()
        const apiFetch = wrapped()
        const call = apiFetch(sms, { signal: controller.signal })
        controller.abort(reason)
        equal(await call.catch((error: unknown) => error), reason, 'reason')
        equal((await apiFetch(sms)).status, 200, 'status')
        await expect({ token: 1, resource: 1 })
      },
    ],
  ]
  const plain: [string, () => Promise<void>] = [
    'axios, the first lines of the README: no adapter named, the token requests over axios too',
    async () => {
      const client = axios.create({ baseURL: api })
      attachBearer(client, { provider: { ...telstra, api }, credentials })
      equal((await client.post('/messages/sms', JSON.parse(MESSAGE))).status, 201, 'status')
      await expect({ token: 1, resource: 1, unauthorized: 0 })
    },
  ]
  const onAxiosFetch: [string, () => Promise<void>] = [
    'axios, fetch: a request whose mode is no-cors has its token, or is refused where the platform removes it',
    async () => {
      const client = axios.create({ adapter: 'fetch' })
      attachBearer(client, manager())
      const call = (): Promise<{ status: number }> => client.get(sms, { fetchOptions: NO_CORS })
      await refusedOr200(call, /mode: expected one that keeps Authorization/)
      await expect(isBrowser ? { token: 0, resource: 0 } : { token: 1, resource: 1, unauthorized: 0 })
    },
  ]
  const onAxios = adapters.flatMap((adapter): [string, () => Promise<void>][] => [
    [
      `axios, ${adapter}: 100 concurrent requests, one token request; after a revocation one renewal, each request replayed`,
      async () => {
        const client = axios.create({ baseURL: api, adapter })
        attachBearer(client, manager())
        const burst = (): Promise<unknown> =>
          Promise.all(Array.from({ length: 100 }, () => client.post('/messages/sms', JSON.parse(MESSAGE))))
        await burst()
        await control(host, 'revoke')
        await burst()
        await expect({ token: 2, resource: 300, unauthorized: 100 })
      },
    ],
    [
      `axios, ${adapter}: the token does not follow a redirect to another origin`,
      async () => {
        const client = axios.create({ baseURL: api, adapter })
        attachBearer(client, manager())
        equal((await client.get<string>('/away')).data, 'other origin', 'answer')
        await expect({ otherOrigin: [null] })
      },
    ],
    [
      `axios, ${adapter}: neither a response nor an error contains the token`,
      async () => {
        for (const maxRedirects of [0, 5]) {
          const client = axios.create({ baseURL: api, adapter, maxRedirects })
          const { tokens } = attachBearer(client, manager())
          const shown = await Promise.all([
            client.get('/messages/sms'),
            client.get('/nowhere').catch((e: unknown) => e),
          ])
          const { accessToken } = await tokens.token()
          equal(placesOf(accessToken, shown).join(), '', `places, with maxRedirects ${String(maxRedirects)}`)
        }
      },
    ],
  ])
  return [...onFetch, plain, ...onAxios, ...(adapters.includes('fetch') ? [onAxiosFetch] : [])]
}

/** Checks that the call throws a TypeError in a browser, and gets a 200 elsewhere. */
async function refusedOr200(call: () => Promise<{ readonly status: number }>, message: RegExp): Promise<void> {
  const outcome = await call().then(
    ({ status }) => status,
    (error: unknown) => (error instanceof TypeError && message.test(error.message) ? 'refused' : error),
  )
  equal(outcome, isBrowser ? 'refused' : 200, 'outcome')
}

async function control(host: string, order: 'reset' | 'revoke' | 'observe'): Promise<Observed> {
  const answer = await fetch(`${host}/control/${order}`)
  return (await answer.json()) as Observed
}

/** Paths in a value at which a text occurs. */
function placesOf(text: string, value: unknown, path = '', seen = new Set()): string[] {
  if (typeof value === 'string') return value.includes(text) ? [path] : []
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => {
    const { value: held } = Object.getOwnPropertyDescriptor(value, key) as { value?: unknown }
    return placesOf(text, held, `${path}.${String(key)}`, seen)
  })
}

function equal(actual: unknown, expected: unknown, name: string): void {
  const [got, wanted] = [actual, expected].map((value) =>
    value instanceof Error ? value.stack : JSON.stringify(value),
  )
  if (actual !== expected && got !== wanted)
    throw new Error(`${name}: expected ${String(wanted).slice(0, 200)}, got ${String(got).slice(0, 200)}`)
}
