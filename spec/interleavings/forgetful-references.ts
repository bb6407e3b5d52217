// A garbage collector that comes at once: during a program a weak reference holds nothing.

/** Until the program is over. */
export async function withForgetfulReferences<T>(program: () => Promise<T>): Promise<T> {
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
