// A strict server on loopback that stands for every provider: it answers the requests that a flow describes, and nothing else.
import type { ServerResponse } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { deferred } from '../support/deferred.ts'
import { type Received, startLoopback } from '../support/loopback.ts'
import { type Ask, type Exchange, type Flow, renamed, type Reply } from './flow.ts'

/** Carries the origin that the request was made for. */
export const ORIGIN = 'x-made-for'

/** Headers that HTTP clients send of their own. */
const OF_CLIENTS = [
  ORIGIN,
  ...['host', 'connection', 'accept', 'accept-encoding', 'accept-language', 'sec-fetch-mode', 'user-agent'],
  ...['content-type', 'content-length', 'cache-control', 'pragma'],
]

/** The requests of a flow as they come to the server. */
export interface Trial {
  /** `token` and `api`, in the order in which the requests came. */
  readonly seen: string[]
  /** Rejects at the first request that the flow does not describe. */
  readonly mistake: Promise<never>
  /** The API refuses the present token from now on. */
  readonly kill: () => void
}

/** The server, for one flow at a time. */
export interface CatalogueServer {
  readonly url: string
  /** From now on it is the server of this flow, which makes these token requests in turn; `now` is the time in its answers. */
  readonly serve: (flow: Flow, exchanges: readonly Exchange[], now: () => number) => Trial
  readonly close: () => Promise<void>
}

export async function startCatalogueServer(): Promise<CatalogueServer> {
  let handle: (response: ServerResponse, request: Received) => void
  const loopback = await startLoopback((response, request) => {
    handle(response, request)
  })
  return {
    url: loopback.url,
    close: () => loopback.close(),
    serve: (flow, exchanges, now) => {
      const [handler, trial] = handlerOf(flow, [...exchanges], now)
      handle = handler
      return trial
    },
  }
}

function handlerOf(
  { api, refused = { status: 401, body: {} }, device }: Flow,
  left: Exchange[],
  now: () => number,
): [handler: (response: ServerResponse, request: Received) => void, trial: Trial] {
  const { promise: mistake, reject } = deferred<never>()
  mistake.catch(() => undefined)
  const seen: string[] = []
  let alive = true
  let issued = device ? -1 : 0
  const handler = (response: ServerResponse, request: Received): void => {
    const url = `${String(request.headers[ORIGIN])}${request.url}`
    const isApi = request.method === api.method && url === api.url
    seen.push(isApi ? 'api' : 'token')
    const send = ({ status = 200, body }: Reply): void => {
      response.writeHead(status, { 'content-type': 'application/json', date: new Date(now()).toUTCString() })
      response.end(JSON.stringify(moments(body, now())))
    }
    const next = isApi ? undefined : left.shift()
    const differences = isApi
      ? headersOff(request, renamed(api.headers, { T1: `T${String(issued)}` }))
      : next
        ? requestOff(request, url, next.ask)
        : ['one token request too many']
    if (differences.length > 0) {
      reject(new Error(`${request.method} ${url}: ${differences.join('; ')}`))
      send({ status: 400, body: { error: 'invalid_request' } })
    } else if (next) {
      issued += 1
      alive = true
      send(next.reply)
    } else {
      send(alive ? { body: { ok: true } } : refused)
    }
  }
  const kill = (): void => {
    alive = false
  }
  return [handler, { seen, mistake, kill }]
}

/** How the request differs from the one that is asked for. */
function requestOff(request: Received, url: string, ask: Ask): readonly string[] {
  const { origin, pathname, searchParams } = new URL(url)
  const basic = ask.basic === undefined ? {} : { authorization: `Basic ${Buffer.from(ask.basic).toString('base64')}` }
  const [type = ''] = String(request.headers['content-type'] ?? '').split(';')
  const differences = [
    ...different('the method', request.method, ask.method),
    ...different('the URL', origin + pathname, ask.url),
    ...fieldsOff('the query', searchParams, ask.query ?? {}),
    ...headersOff(request, { ...ask.headers, ...basic }),
  ]
  if (ask.anybody) return differences
  if (ask.form)
    return [
      ...differences,
      ...different('the type of the body', type, 'application/x-www-form-urlencoded'),
      ...fieldsOff('the form', new URLSearchParams(request.body), ask.form, ask.optional),
    ]
  if (ask.json !== undefined)
    return [
      ...differences,
      ...different('the type of the body', type, 'application/json'),
      ...(isDeepStrictEqual(parsed(request.body), ask.json) ? [] : [`the body is ${request.body}`]),
    ]
  return [...differences, ...different('the body', request.body, '')]
}

function headersOff({ headers }: Received, expected: Readonly<Record<string, string>>): readonly string[] {
  const more = Object.keys(headers).filter((name) => !OF_CLIENTS.includes(name) && !(name in expected))
  return [
    ...Object.entries(expected).flatMap(([name, text]) => different(name, String(headers[name] ?? ''), text)),
    ...more.map((name) => `there is ${name}`),
  ]
}

/** How parameters differ from those expected. */
export function fieldsOff(
  place: string,
  fields: URLSearchParams,
  expected: Readonly<Record<string, string>>,
  optional: readonly string[] = [],
): readonly string[] {
  const names = [...fields.keys()]
  return [
    ...Object.entries(expected).flatMap(([name, text]) => different(`${name} of ${place}`, fields.get(name), text)),
    ...names.flatMap((name) => (name in expected || optional.includes(name) ? [] : [`${place} has ${name}`])),
    ...(new Set(names).size < names.length ? [`${place} has a parameter twice`] : []),
  ]
}

/** A difference in words, or none. `$any` and `$jwt` stand for any text, and for any JSON Web Token. */
function different(name: string, text: string | null, expected: string): readonly string[] {
  const parts = expected.split(/(\$any|\$jwt)/)
  const pattern = parts.map((part) => WILD[part] ?? part.replaceAll(/[^\w]/g, String.raw`\$&`)).join('')
  return new RegExp(`^${pattern}$`, 's').test(text ?? '') ? [] : [`${name} is ${String(text)}, not ${expected}`]
}

const WILD: Readonly<Record<string, string>> = { $any: '.+', $jwt: String.raw`[\w-]+\.[\w-]+\.[\w-]+` }

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The body with its moments filled in. */
function moments(body: unknown, now: number): unknown {
  return JSON.parse(JSON.stringify(body), (_, value: unknown) => {
    const [, kind, seconds] = typeof value === 'string' ? (/^\$(iso|epoch)\+(\d+)$/.exec(value) ?? []) : []
    if (kind === undefined) return value
    const at = now + Number(seconds) * 1000
    return kind === 'iso' ? new Date(at).toISOString() : at / 1000
  })
}
