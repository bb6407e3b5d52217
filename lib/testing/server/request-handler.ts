// One request at a time: into the log, past the script, to the system, and back.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GuardedRoute, OpenRoute, Params, Resource, Routes, System } from '../system.ts'
import { type Fault, type FaultScript, replacement } from './faults.ts'
import type { Entry, Kind, Log } from './request-log.ts'
import { type Arrival, arrivalOf, bearerOf } from './request.ts'
import { type Answer, patched, send } from './response.ts'

export class Reception {
  readonly #router: Router
  readonly #log: Log
  readonly #script: FaultScript
  readonly #now: () => number
  readonly #delays = new Set<NodeJS.Timeout>()

  constructor(router: Router, log: Log, script: FaultScript, now: () => number) {
    this.#router = router
    this.#log = log
    this.#script = script
    this.#now = now
  }

  receive(incoming: IncomingMessage, response: ServerResponse): void {
    // A client that went away, a promise that rejected, a mistake in a script: nobody is there to be told.
    this.#receive(incoming, response).catch(() => {
      response.destroy()
    })
  }

  /** Lets go of what waits. */
  close(): void {
    for (const timer of this.#delays) clearTimeout(timer)
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = await arrivalOf(incoming, this.#now)
    const { kind, token } = this.#router.classify(arrival)
    const request = this.#log.arrived(arrival, kind, token)
    const fault = this.#script.take(request)
    if (fault) await this.#misbehave(request, response, fault)
    else this.#answer(request, response, {})
  }

  async #misbehave(request: Entry, response: ServerResponse, fault: Fault): Promise<void> {
    const { acted, delay, hold, hang, drop, raw } = fault
    const usual = acted ? this.#router.answer(request) : undefined
    if (delay) await this.#wait(delay)
    await hold
    if (hang) return
    if (drop) response.destroy()
    else if (raw) raw(response)
    else this.#answer(request, response, fault, usual)
  }

  #answer(request: Entry, response: ServerResponse, fault: Fault, usual?: Answer): void {
    const answer = replacement(fault) ?? usual ?? this.#router.answer(request)
    const final = fault.patch ? patched(answer, fault.patch) : answer
    this.#log.answered(request, final.status)
    send(response, { ...final, headers: { ...final.headers, ...fault.headers } }, fault.stall)
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#delays.delete(timer)
        resolve()
      }, ms)
      this.#delays.add(timer)
    })
  }
}

// Routing.

interface Pattern {
  readonly method: string
  readonly segments: readonly string[]
  readonly route: OpenRoute | GuardedRoute
}

interface Found {
  readonly route: OpenRoute | GuardedRoute
  readonly params: Params
}

export class Router {
  readonly #system: System
  readonly #exact = new Map<string, OpenRoute | GuardedRoute>()
  readonly #patterns: Pattern[] = []
  readonly #paths = new Set<string>()

  constructor(system: System, resources: Readonly<Record<string, Resource>>) {
    this.#system = system
    const { root } = system
    this.#add(system.routes)
    for (const [name, guarded] of Object.entries(resources)) {
      const [method = '', path = ''] = name.split(' ')
      this.#add({ [`${method} ${root}${path}`]: { guarded } })
    }
  }

  /** What kind of request it is, and the access token it carries. */
  classify(arrival: Arrival): { readonly kind: Kind; readonly token: string | undefined } {
    const { root, carried = bearerOf } = this.#system
    const kind = this.#find(arrival)?.route.kind ?? (arrival.path.startsWith(`${root}/`) ? 'resource' : 'other')
    return { kind, token: carried(arrival) }
  }

  /** Does what is asked. */
  answer(request: Entry): Answer {
    const { tokens, unauthorized, gate, notFound, wrongMethod } = this.#system
    const found = this.#find(request)
    if (found && 'handle' in found.route) return found.route.handle(request, found.params)
    if (!found && wrongMethod && this.#paths.has(request.path)) return wrongMethod(request)
    if (!found && request.kind !== 'resource') return notFound(request)
    const standing = tokens.standing(request.token)
    const token = tokens.find(request.token ?? '')
    if (standing !== 'valid' || !token) return unauthorized(standing, request)
    const refusal = gate?.(request, token)
    if (refusal) return refusal
    return found ? (found.route as GuardedRoute).guarded(request, token, found.params) : notFound(request)
  }

  #add(routes: Routes): void {
    for (const [name, route] of Object.entries(routes)) {
      const [method = '', path = ''] = name.split(' ')
      this.#paths.add(path)
      if (path.includes('{')) this.#patterns.push({ method, segments: path.split('/'), route })
      else this.#exact.set(name, route)
    }
  }

  #find({ method, path }: Pick<Arrival, 'method' | 'path'>): Found | undefined {
    const exact = this.#exact.get(`${method} ${path}`) ?? (path === `${this.#system.root}/echo` ? ECHO : undefined)
    if (exact) return { route: exact, params: {} }
    const segments = path.split('/')
    for (const pattern of this.#patterns) {
      const params = pattern.method === method ? matched(pattern.segments, segments) : undefined
      if (params) return { route: pattern.route, params }
    }
    return undefined
  }
}

/** No resource of any system: takes any method and any body. */
const ECHO: GuardedRoute = {
  guarded: ({ method, query, body }) => ({ status: 200, body: { method, query: query.toString(), body } }),
}

function matched(pattern: readonly string[], segments: readonly string[]): Params | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  return params
}
