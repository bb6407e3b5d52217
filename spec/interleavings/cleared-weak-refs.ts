// A garbage collector that runs at once: during a program every weak reference is empty.

/** Runs a program with empty weak references. */
export async function withClearedWeakRefs<T>(program: () => Promise<T>): Promise<T> {
  const { WeakRef: before } = globalThis
  globalThis.WeakRef = class {
    readonly [Symbol.toStringTag] = 'WeakRef'

    deref(): undefined {
      return undefined
    }
  }
  try {
    return await program()
  } finally {
    globalThis.WeakRef = before
  }
}
