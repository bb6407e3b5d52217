// Bodies as axios adapters are given them.
import type { AxiosAdapter, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import { isReplayable } from '../request/replay.ts'

/** A form of the form-data package: a stream, that can show its bytes as long as none of its parts is a stream. */
interface FormStream {
  hasKnownLength(): boolean
  getBuffer(): Uint8Array
}

/** The body of a second sending, if there can be one; asked before the first, which may use the body up. */
export function repeatable(data: unknown): { readonly data: unknown } | undefined {
  if (isReplayable(data)) return { data }
  const form = data as Partial<FormStream>
  if (typeof form.getBuffer !== 'function' || typeof form.hasKnownLength !== 'function') return undefined
  try {
    return form.hasKnownLength() ? { data: form.getBuffer() } : undefined
  } catch {
    return undefined
  }
}

/** The body as it is now, where it is bytes that may change. */
export function asNow(data: unknown): unknown {
  if (data instanceof ArrayBuffer) return data.slice(0)
  // A Buffer stays one: axios tells it from other bytes.
  return data instanceof Uint8Array ? (data.constructor as Uint8ArrayConstructor).from(data) : data
}

/**
 * Gives a form a boundary that the http adapter takes up again: of its own, which have dots, it makes a new one for each sending. The
 * others leave that to the platform.
 */
export function bound(axios: AxiosStatic, { data, headers }: InternalAxiosRequestConfig, adapter: AxiosAdapter): void {
  if (!(data instanceof FormData) || !isHttp(axios, adapter) || headers.getContentType(/boundary=[-\w]{10,70}/i)) return
  const random = crypto.randomUUID().replaceAll('-', '').slice(-25)
  headers.setContentType(`multipart/form-data; boundary=axios-${axios.VERSION.replaceAll('.', '-')}-boundary-${random}`)
}

function isHttp(axios: AxiosStatic, adapter: AxiosAdapter): boolean {
  try {
    return adapter === axios.getAdapter('http')
  } catch {
    return false
  }
}
