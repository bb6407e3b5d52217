// Faults on purpose, scripted per kind of request: one after the other, or until changed.
import type { ServerResponse } from 'node:http'
import { invalidOption } from '../../errors.ts'
import type { LoggedRequest, RequestKind } from './request-log.ts'
import type { EmulatedResponse } from './response.ts'

/** A fault of one request, in place of or before the usual response. All fields may be combined. */
export interface Fault {
  /** Responds with this status, without processing the request. */
  readonly status?: number
  /** Headers of this response, or replacements for those of the usual one. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes as they are, anything else as JSON; without a status it is a 200. */
  readonly body?: unknown
  /** The usual response with these fields of its JSON body replaced; undefined removes one. */
  readonly patch?: Readonly<Record<string, unknown>>
  /** Milliseconds to wait first, by the wall clock. */
  readonly delay?: number
  /** Waits for this first; the connection is closed if it rejects. */
  readonly hold?: Promise<unknown>
  /** Never responds. */
  readonly hang?: boolean
  /** Closes the connection without a response. */
  readonly drop?: boolean
  /** Sends the head and half of the body, and never the rest. */
  readonly stall?: boolean
  /** Processes the request first: a refresh token is spent, and the response lost. @default false */
  readonly acted?: boolean
  /** Writes the response by hand: endless bodies, broken encodings. */
  readonly raw?: (response: ServerResponse) => void
}

/** `drop-after` processes the request, then drops the connection. A function decides per request; undefined is the usual response. */
export type ScriptedFault =
  Fault | 'hang' | 'drop' | 'drop-after' | ((request: LoggedRequest) => ScriptedFault | undefined)

const NAMED = {
  hang: { hang: true },
  drop: { drop: true },
  'drop-after': { drop: true, acted: true },
} as const satisfies Record<string, Fault>

export class FaultQueue {
  readonly #next = new Map<RequestKind, (ScriptedFault | undefined)[]>()
  readonly #always = new Map<RequestKind, ScriptedFault>()

  next(kind: RequestKind, faults: readonly (ScriptedFault | undefined)[]): void {
    for (const fault of faults) checkFault(kind, fault)
    this.#next.set(kind, [...(this.#next.get(kind) ?? []), ...faults])
  }

  always(kind: RequestKind, fault: ScriptedFault | undefined): void {
    checkFault(kind, fault)
    if (fault === undefined) this.#always.delete(kind)
    else this.#always.set(kind, fault)
  }

  clear(): void {
    this.#next.clear()
    this.#always.clear()
  }

  /** The fault of this request, removed from the queue. */
  take(request: LoggedRequest): Fault | undefined {
    const queue = this.#next.get(request.kind)
    return resolveFault(queue?.length ? queue.shift() : this.#always.get(request.kind), request)
  }
}

const KINDS: readonly unknown[] = ['token', 'resource', 'other'] satisfies RequestKind[]
const FIELDS: readonly string[] = [
  'status',
  'headers',
  'body',
  'patch',
  'delay',
  'hold',
  'hang',
  'drop',
  'stall',
  'acted',
  'raw',
] satisfies (keyof Fault)[]

/** A misspelt fault would let a test pass that has tested nothing. */
function checkFault(kind: unknown, scripted: unknown): void {
  if (!KINDS.includes(kind)) throw invalidOption('kind', `one of ${KINDS.join(', ')}`, kind)
  if (scripted === undefined || typeof scripted === 'function') return
  if (typeof scripted === 'string') {
    if (Object.hasOwn(NAMED, scripted)) return
    throw invalidOption('fault', `one of ${Object.keys(NAMED).join(', ')}`, scripted)
  }
  if (typeof scripted !== 'object' || scripted === null) throw invalidOption('fault', 'an object', scripted)
  for (const name of Object.keys(scripted))
    if (!FIELDS.includes(name)) throw invalidOption(`fault.${name}`, `one of ${FIELDS.join(', ')}`, scripted)
  const { status } = scripted as Fault
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599))
    throw invalidOption('fault.status', 'a status from 200 to 599', status)
}

function resolveFault(scripted: ScriptedFault | undefined, request: LoggedRequest): Fault | undefined {
  if (typeof scripted === 'function') return resolveFault(scripted(request), request)
  return typeof scripted === 'string' ? NAMED[scripted] : scripted
}

/** The response of the fault itself, if it has one. */
export function replacement({ status, body, headers = {} }: Fault): EmulatedResponse | undefined {
  if (status === undefined && body === undefined) return undefined
  return { status: status ?? 200, headers, ...(body !== undefined && { body }) }
}
