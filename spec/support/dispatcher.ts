// The connection pool behind Node's `fetch`. Node shows its class only by the one that is global.

interface Dispatcher {
  readonly constructor: new (options?: object) => Dispatcher
  close(): Promise<void>
}

const globals = globalThis as unknown as Record<symbol, Dispatcher | undefined>
// From Node 26 on the second name is that of a wrapper for older packages.
const NAMES = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')]

/** The pool of the global `fetch`; undefined before its first call. */
export function globalDispatcher(): Dispatcher | undefined {
  return NAMES.map((name) => globals[name]).find((dispatcher) => dispatcher !== undefined)
}

/** Gives the global `fetch` a new pool: a pool keeps an entry for each origin it has connected to. */
export function emptyGlobalDispatcher(): void {
  const dispatcher = globalDispatcher()
  if (!dispatcher) return
  const empty = new dispatcher.constructor()
  // In Node 24.21 it has both names.
  for (const name of NAMES) if (globals[name] === dispatcher) globals[name] = empty
  void dispatcher.close()
}

/** A pool with the given options. */
export async function dispatcherOf(options: object): Promise<object> {
  await fetch('data:,')
  const dispatcher = globalDispatcher()
  if (!dispatcher) throw new Error('this Node does not show its connection pool')
  return new dispatcher.constructor(options)
}
