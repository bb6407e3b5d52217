// An emulator: a system on a server of its own, and what its user may see of it and do to it.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { invalidOption } from '../errors.ts'
import { FaultScript, type Scripted } from './server/faults.ts'
import type { IssuedToken, Order } from './server/issued-tokens.ts'
import { Reception, Router } from './server/request-handler.ts'
import { type Counts, type Entry, type Kind, Log } from './server/request-log.ts'
import type { Blueprint, Resource, System } from './system.ts'

/** How an emulator is started. */
export interface EmulatorOptions {
  /** @default one that is free */
  readonly port?: number
  /** How many requests the log keeps, the last ones; false: none. Counts count all of them. @default all */
  readonly log?: number | false
  /** Told of every request that is answered. */
  readonly onAnswered?: (request: Entry) => void
  /** When tokens expire, and when requests came. @default the system's clock */
  readonly clock?: {
    /** Epoch milliseconds. */
    now(): number
  }
  /** Resources of your own, by method and path under the API root: `{ 'GET /things/{id}': () => ({ status: 200 }) }`. */
  readonly resources?: Readonly<Record<string, Resource>>
}

// A burst may open more connections at once than Node's 511 would let wait.
const BACKLOG = 16_384

/** Starts a system on this machine's loopback address. */
export async function startEmulator<S extends System>(
  blueprint: Blueprint<S>,
  options: EmulatorOptions = {},
): Promise<Emulator<S>> {
  if (typeof (blueprint as unknown) !== 'function')
    throw invalidOption('blueprint', 'a system, e.g. telstraEmulator()', blueprint)
  const server = createServer({ keepAlive: true })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: BACKLOG }, resolve)
  })
  const { port } = server.address() as AddressInfo
  try {
    return new Emulator(server, `http://127.0.0.1:${String(port)}`, blueprint, options)
  } catch (error) {
    server.close()
    throw error
  }
}

/** An authorization server and resource server of one system, running in this process. */
export class Emulator<S extends System> implements AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** The API root. Below it, `/echo` is a resource of no system: it takes any method and any body, from those with a token. */
  readonly api: string
  /** The definition of the system, pointed at this emulator. */
  readonly provider: S['provider']
  /** Credentials the system accepts, for its usual grant. */
  readonly credentials: S['credentials']
  /** The same by grant. */
  readonly grants: S['grants']
  /** What the system can be made to do until told otherwise. */
  readonly switches: S['switches']
  /** What people do at the system by hand: ask for a code, read a passcode. */
  readonly actions: S['actions']
  readonly #server: Server
  readonly #system: S
  readonly #log: Log
  readonly #script = new FaultScript()
  readonly #reception: Reception

  constructor(server: Server, url: string, blueprint: Blueprint<S>, options: EmulatorOptions) {
    const now = (): number => (options.clock ?? Date).now()
    this.#server = server
    this.#system = blueprint({ url, now })
    if (typeof (this.#system as unknown) !== 'object')
      throw invalidOption('blueprint', 'a system, e.g. telstraEmulator()', blueprint)
    const { root, provider, credentials, grants, switches, actions } = this.#system
    this.#log = new Log(options.log === false ? 0 : (options.log ?? Infinity), options.onAnswered ?? (() => undefined))
    const router = new Router(this.#system, options.resources ?? {})
    this.#reception = new Reception(router, this.#log, this.#script, now)
    this.url = url
    this.api = url + root
    this.provider = provider
    this.credentials = credentials
    this.grants = grants
    this.switches = switches
    this.actions = actions
    server.on('request', (incoming, response) => {
      this.#reception.receive(incoming, response)
    })
  }

  /** Everything that reached this emulator, in the order of arrival. */
  get log(): readonly Entry[] {
    return this.#log.entries
  }

  /** How many requests came in, by kind, since the start or the last `clearLog()`. */
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

  /** Of access tokens issued from now on; never of those that are out. */
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
    this.#reception.close()
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve()
      })
      this.#server.closeAllConnections()
    })
  }

  /** Closes it, at the end of the block that has it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function isList(faults: Scripted | readonly (Scripted | undefined)[]): faults is readonly (Scripted | undefined)[] {
  return Array.isArray(faults)
}
