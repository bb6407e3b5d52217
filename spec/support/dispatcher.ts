// The connection pool behind Node's `fetch`. Node shows its class only by the one that is global.

interface Dispatcher {
  readonly constructor: new (options: object) => object
}

/** The pool of the global `fetch`; undefined before its first call. */
export function globalDispatcher(): Dispatcher | undefined {
  const globals = globalThis as unknown as Record<symbol, Dispatcher | undefined>
  // From Node 26 on the first name is that of a wrapper for older packages.
  return globals[Symbol.for('undici.globalDispatcher.2')] ?? globals[Symbol.for('undici.globalDispatcher.1')]
}

/** A pool with options of its own. */
export async function dispatcherOf(options: object): Promise<object> {
  await fetch('data:,')
  const dispatcher = globalDispatcher()
  if (!dispatcher) throw new Error('this Node does not show its connection pool')
  return new dispatcher.constructor(options)
}
