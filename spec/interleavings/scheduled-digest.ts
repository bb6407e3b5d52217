// WebCrypto answers from a pool of threads at any moment: during a program the scheduler picks that too.
import { createHash } from 'node:crypto'
import type { Stage } from './scheduler.ts'

/** Until the program is over. */
export async function withScheduledDigests<T>(stage: Stage, program: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis.crypto.subtle, 'digest')
  Object.defineProperty(globalThis.crypto.subtle, 'digest', {
    configurable: true,
    value: (_algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer> =>
      stage.soon('a digest', () => new Uint8Array(createHash('sha256').update(data).digest()).buffer),
  })
  try {
    return await program()
  } finally {
    if (before) Object.defineProperty(globalThis.crypto.subtle, 'digest', before)
    else Reflect.deleteProperty(globalThis.crypto.subtle, 'digest')
  }
}
