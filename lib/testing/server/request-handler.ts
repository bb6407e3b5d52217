// Handles one request: logs it, applies a scripted fault, routes it to the system, sends the response.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GuardedRoute, OpenRoute, PathParams, Resource, Routes, System } from '../system.ts'
import { type Fault, type FaultQueue, replacement } from './faults.ts'
import type { LoggedRequest, RequestKind, RequestLog } from './request-log.ts'
import { type ReceivedRequest, readRequest, bearerOf } from './request.ts'
import { type EmulatedResponse, patchResponse, send } from './response.ts'

export class RequestHandler {
  readonly #router: Router
  readonly #log: RequestLog
  readonly #faults: FaultQueue
  readonly #now: () => number
  readonly #delays = new Set<NodeJS.Timeout>()

  constructor(router: Router, log: RequestLog, faults: FaultQueue, now: () => number) {
    this.#router = router
    this.#log = log
    this.#faults = faults
    this.#now = now
  }

  handle(incoming: IncomingMessage, response: ServerResponse): void {
    // A client that went away, a promise that rejected, a mistake in a script: nobody is there to be told.
    this.#handle(incoming, response).catch(() => {
      response.destroy()
    })
  }

  /** Cancels delayed responses. */
  close(): void {
    for (const timer of this.#delays) clearTimeout(timer)
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(incoming, this.#now)
    const { kind, token } = this.#router.classify(received)
    const request = this.#log.add(received, kind, token)
    const fault = this.#faults.take(request)
    if (fault) await this.#applyFault(request, response, fault)
    else this.#respond(request, response, {})
  }

  async #applyFault(request: LoggedRequest, response: ServerResponse, fault: Fault): Promise<void> {
    const { acted, delay, hold, hang, drop, raw } = fault
    const usual = acted ? this.#router.handle(request) : undefined
    if (delay) await this.#wait(delay)
    await hold
    if (hang) return
    if (drop) response.destroy()
    else if (raw) raw(response)
    else this.#respond(request, response, fault, usual)
  }

  #respond(request: LoggedRequest, response: ServerResponse, fault: Fault, usual?: EmulatedResponse): void {
    const answer = replacement(fault) ?? usual ?? this.#router.handle(request)
    const final = fault.patch ? patchResponse(answer, fault.patch) : answer
    this.#log.recordStatus(request, final.status)
    const date = new Date(this.#now()).toUTCString()
    send(response, { ...final, headers: { date, ...final.headers, ...fault.headers } }, fault.stall)
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
  readonly params: PathParams
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

  /** The kind of a request, and its access token. */
  classify(received: ReceivedRequest): { readonly kind: RequestKind; readonly token: string | undefined } {
    const { root, readToken = bearerOf } = this.#system
    const kind = this.#find(received)?.route.kind ?? (received.path.startsWith(`${root}/`) ? 'resource' : 'other')
    return { kind, token: readToken(received) }
  }

  /** Processes a request. */
  handle(request: LoggedRequest): EmulatedResponse {
    const { tokens, unauthorized, reject, notFound, methodNotAllowed } = this.#system
    const found = this.#find(request)
    if (found && 'handle' in found.route) return found.route.handle(request, found.params)
    if (!found && methodNotAllowed && this.#paths.has(request.path)) return methodNotAllowed(request)
    if (!found && request.kind !== 'resource') return notFound(request)
    const status = tokens.statusOf(request.token)
    const token = tokens.find(request.token ?? '')
    if (status !== 'valid' || !token) return unauthorized(status, request)
    const refusal = reject?.(request, token)
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

  #find({ method, path }: Pick<ReceivedRequest, 'method' | 'path'>): Found | undefined {
    const exact = this.#exact.get(`${method} ${path}`) ?? (path === `${this.#system.root}/echo` ? ECHO : undefined)
    if (exact) return { route: exact, params: {} }
    const segments = path.split('/')
    for (const pattern of this.#patterns) {
      const params = pattern.method === method ? matchSegments(pattern.segments, segments) : undefined
      if (params) return { route: pattern.route, params }
    }
    return undefined
  }
}

/** A resource beside those of the system: takes any method and any body. */
const ECHO: GuardedRoute = {
  guarded: ({ method, query, body }) => ({ status: 200, body: { method, query: query.toString(), body } }),
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): PathParams | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = segment
    else if (part !== segment) return undefined
  }
  return params
}
