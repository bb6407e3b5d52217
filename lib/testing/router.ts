// From a request to the route that answers it.

import type { Answer } from './answer.ts'
import type { Arrival } from './arrival.ts'
import type { Entry, Kind } from './log.ts'
import { bearerOf } from './strict.ts'
import type { System, GuardedRoute, OpenRoute, Params, Resource, Routes } from './system.ts'

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
