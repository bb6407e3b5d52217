// The server: hears requests, keeps the log, lets the script interfere, and answers as the system does.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arrivalOf } from './arrival.ts'
import { patched, send, type Answer } from './answer.ts'
import { FaultScript, replacement, type Fault, type Scripted } from './faults.ts'
import { Log, type Counts, type Entry, type Kind } from './log.ts'
import { Router } from './router.ts'
import type { System, Blueprint, Resource } from './system.ts'
import type { IssuedToken, Order } from './token-book.ts'

export interface EmulatorOptions {
  /** @default one that is free */
  readonly port?: number
  /** How many requests the log keeps, the last ones; false: none. Counts count all of them. @default all */
  readonly log?: number | false
  /** When tokens expire, and when requests came. @default the system's clock */
  readonly clock?: { now(): number }
  /** Resources of your own, by method and path under the API root: `{ 'GET /things/{id}': () => ({ status: 200 }) }`. */
  readonly resources?: Readonly<Record<string, Resource>>
}

type UsualCredentials<S extends System> = S['grants'][S['main'] & keyof S['grants']]

// A burst may open more connections at once than Node's 511 would let wait.
const BACKLOG = 16_384

/** Starts a system on this machine's loopback address. */
export async function startEmulator<S extends System>(
  blueprint: Blueprint<S>,
  options: EmulatorOptions = {},
): Promise<Emulator<S>> {
  const server = createServer({ keepAlive: true })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: BACKLOG }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return new Emulator(server, `http://127.0.0.1:${String(port)}`, blueprint, options)
}

/** An authorization server and resource server of one system, running in this process. */
export class Emulator<S extends System> implements AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** The API root. */
  readonly api: string
  /** The definition of the system, pointed at this emulator. */
  readonly provider: S['provider']
  /** Credentials the system accepts, by grant. */
  readonly grants: S['grants']
  /** What the system can be made to do until told otherwise. */
  readonly switches: S['switches']
  /** What people do at the system by hand: ask for a code, read a passcode. */
  readonly actions: S['actions']
  readonly #server: Server
  readonly #system: S
  readonly #log: Log
  readonly #router: Router
  readonly #script = new FaultScript()
  readonly #delays = new Set<NodeJS.Timeout>()

  constructor(server: Server, url: string, blueprint: Blueprint<S>, options: EmulatorOptions) {
    const now = (): number => (options.clock ?? Date).now()
    this.#server = server
    this.#system = blueprint({ url, now })
    const { root, provider, grants, switches, actions } = this.#system
    this.#log = new Log(options.log === false ? 0 : (options.log ?? Infinity))
    this.#router = new Router(this.#system, options.resources ?? {})
    this.url = url
    this.api = url + root
    this.provider = provider
    this.grants = grants
    this.switches = switches
    this.actions = actions
    server.on('request', (incoming, response) => {
      this.#hear(incoming, response, now).catch(() => {
        response.destroy()
      })
    })
  }

  /** Credentials for the system's usual grant. */
  get credentials(): UsualCredentials<S> {
    return this.grants[this.#system.main as keyof S['grants']]
  }

  /** Everything that reached this emulator, in the order of arrival. */
  get log(): readonly Entry[] {
    return this.#log.entries
  }

  get counts(): Counts {
    return this.#log.counts
  }

  /** Empties the log and starts to count anew. */
  clearLog(): void {
    this.#log.clear()
  }

  /** Resolves as soon as so many requests of a kind have arrived, answered or not. */
  arrived(kind: Kind, count = 1): Promise<void> {
    return this.#log.until(kind, count)
  }

  /** Seconds, of access tokens issued from now on. */
  get lifetime(): number {
    return this.#system.tokens.lifetime
  }

  set lifetime(seconds: number) {
    this.#system.tokens.lifetime = seconds
  }

  /** Every token issued, in order. */
  get issued(): readonly IssuedToken[] {
    return this.#system.tokens.issued
  }

  /** Issues a token without a request, for `adopt()`. */
  issue(order: Partial<Order> = {}): IssuedToken {
    return this.#system.tokens.issue({ ...this.#system.usual, ...order })
  }

  /** Refuses one token from now on, access or refresh; false when it was never issued here. */
  revoke(token: string): boolean {
    return this.#system.tokens.revoke(token)
  }

  /** Refuses every access token issued so far. */
  revokeAll(): void {
    this.#system.tokens.revokeAll()
  }

  /** Refuses every refresh token issued so far. */
  revokeRefreshTokens(): void {
    this.#system.tokens.revokeRefreshTokens()
  }

  /** Scripts the next request of a kind, or several: one each, behind those already scripted; undefined is the usual answer. */
  next(kind: Kind, faults: Scripted | readonly (Scripted | undefined)[]): void {
    this.#script.next(kind, isList(faults) ? faults : [faults])
  }

  /** Scripts every request of a kind for which nothing else is scripted; undefined ends it. */
  always(kind: Kind, fault: Scripted | undefined): void {
    this.#script.always(kind, fault)
  }

  /** Ends everything scripted. */
  clearFaults(): void {
    this.#script.clear()
  }

  /** Stops listening and closes every connection, those that hang too. */
  close(): Promise<void> {
    for (const timer of this.#delays) clearTimeout(timer)
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve()
      })
      this.#server.closeAllConnections()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #hear(incoming: IncomingMessage, response: ServerResponse, now: () => number): Promise<void> {
    const arrival = await arrivalOf(incoming, now)
    const { kind, token } = this.#router.classify(arrival)
    const request = this.#log.arrived(arrival, kind, token)
    const fault = this.#script.take(request)
    if (fault) await this.#misbehave(request, response, fault)
    else this.#send(request, response, {})
  }

  async #misbehave(request: Entry, response: ServerResponse, fault: Fault): Promise<void> {
    const { acted, delay, hold, hang, drop, raw } = fault
    const usual = acted ? this.#router.answer(request) : undefined
    if (delay) await this.#wait(delay)
    await hold
    if (hang) return
    if (drop) response.destroy()
    else if (raw) raw(response)
    else this.#send(request, response, fault, usual)
  }

  #send(request: Entry, response: ServerResponse, fault: Fault, usual?: Answer): void {
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

function isList(faults: Scripted | readonly (Scripted | undefined)[]): faults is readonly (Scripted | undefined)[] {
  return Array.isArray(faults)
}
