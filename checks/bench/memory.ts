// Measures the heap; requires --expose-gc.
type Collect = (options?: { readonly type: 'minor' }) => void

export function collect(kind?: 'minor'): void {
  const { gc } = globalThis as { gc?: Collect }
  if (!gc) throw new Error('node --expose-gc')
  if (kind) gc({ type: kind })
  else gc()
}

/** Returns the bytes in use after garbage collection. */
export function heap(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
