// Records encrypted at rest, by jose: JSON Web Encryption with a key that the application has (`dir`, A256GCM).
import { invalidOption } from '../errors.ts'
import { fromBase64url } from '../util/encoding.ts'
import { openText, sealText, type SealingKey } from '../util/jose.ts'
import type { Seal } from './token-store.ts'

/** 32 random bytes, their base64url, or a `CryptoKey` for AES-GCM. */
export type SealKey = Uint8Array | string | CryptoKey

/** The keys of a seal, or a function that gives them: called when a record is first read or written, and again after a failure. */
export type SealKeys = SealKey | readonly SealKey[] | (() => SealKeys | Promise<SealKeys>)

type Keys = readonly [SealingKey, ...SealingKey[]]

/**
 * Encrypts the records of sessions in a store: the option `seal` of a manager. The first key encrypts, all of them decrypt: put a new key
 * first, and remove the old one once every record has been written again. A record is bound to its key in the store: it cannot be opened
 * under another. A record that no key opens, and one that is not encrypted, counts as unreadable.
 * @throws `TypeError` for a key that is not 256 bits long; where a function gives such a key, reads and writes of the store fail
 * @see RFC 7516, section 3.1; RFC 7518, sections 4.5 and 5.3
 */
export function sealWith(keys: SealKeys): Seal {
  let known: Promise<Keys> | undefined
  if (typeof keys !== 'function') known = Promise.resolve(keysOf(keys))
  const get = async (): Promise<Keys> => {
    known ??= resolved(keys)
    try {
      return await known
    } catch (error) {
      known = undefined
      throw error
    }
  }
  return {
    async seal(text, key) {
      const [first] = await get()
      return sealText(text, key, first)
    },
    async open(text, key) {
      for (const each of await get()) {
        const opened = await openText(text, key, each)
        if (opened !== undefined) return opened
      }
      return undefined
    },
  }
}

async function resolved(keys: SealKeys): Promise<Keys> {
  return typeof keys === 'function' ? resolved(await keys()) : keysOf(keys)
}

function keysOf(given: SealKey | readonly SealKey[]): Keys {
  const keys = (Array.isArray(given) ? given : [given]) as readonly SealKey[]
  const read = keys.map((key) => (typeof key === 'string' ? bytesOf(key) : key))
  const [first, ...others] = read.filter(isKey)
  if (first && others.length === keys.length - 1) return [first, ...others]
  const kinds = keys.map((key) => typeof key).join(', ') || 'none'
  throw invalidOption('keys', '32 bytes, their base64url, or a CryptoKey for AES-GCM', keys, kinds)
}

function bytesOf(text: string): Uint8Array | undefined {
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}

function isKey(key: unknown): key is SealingKey {
  if (key instanceof Uint8Array) return key.length === 32
  const { algorithm } = (key ?? {}) as { readonly algorithm?: { readonly name?: string; readonly length?: number } }
  return algorithm?.name === 'AES-GCM' && algorithm.length === 256
}
