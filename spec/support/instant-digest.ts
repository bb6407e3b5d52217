// WebCrypto uses a thread pool, whose timing a virtual clock does not control. Here it resolves at once, with the same bytes.
import { createHash, pbkdf2Sync } from 'node:crypto'

Object.defineProperty(globalThis.crypto.subtle, 'digest', {
  configurable: true,
  value: (algorithm: string, data: Uint8Array): Promise<ArrayBuffer> => {
    const { buffer, byteOffset, byteLength } = createHash(algorithm.replace('-', '')).update(data).digest()
    return Promise.resolve(buffer.slice(byteOffset, byteOffset + byteLength))
  },
})

// The derivation of a verifier is slow on purpose: specs need only the same result for the same password. The key has the password, so that
// it can be used with `deriveBits` of a copy of this module that was imported otherwise.
interface PasswordKey {
  readonly password: Uint8Array
}

const importKey = globalThis.crypto.subtle.importKey.bind(globalThis.crypto.subtle) as (
  ...given: readonly unknown[]
) => Promise<object>

Object.defineProperty(globalThis.crypto.subtle, 'importKey', {
  configurable: true,
  value: (format: string, password: Uint8Array, algorithm: unknown, ...rest: readonly unknown[]): Promise<object> => {
    if (algorithm !== 'PBKDF2') return importKey(format, password, algorithm, ...rest)
    return Promise.resolve({ password })
  },
})

Object.defineProperty(globalThis.crypto.subtle, 'deriveBits', {
  configurable: true,
  value: ({ salt }: { readonly salt: Uint8Array }, { password }: PasswordKey): Promise<ArrayBuffer> => {
    const { buffer, byteOffset, byteLength } = pbkdf2Sync(password, salt, 1, 32, 'sha256')
    return Promise.resolve(buffer.slice(byteOffset, byteOffset + byteLength))
  },
})
