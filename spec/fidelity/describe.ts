// Answers and errors as plain data: all of them that a caller can see, without what differs from one sending to the next.
import { ClientRequest } from 'node:http'
import { Readable } from 'node:stream'
import { AxiosHeaders, type AxiosResponse, isAxiosError, isCancel } from 'axios'
import type { Case } from './cases.ts'

/** Replaces what differs between the servers of a case. */
export type Normalize = (text: string) => string

export interface DescribeContext {
  readonly normalize: Normalize
  /** Objects that the call was given: they are to come back as the same ones. */
  readonly given: ReadonlyMap<unknown, string>
}

export type Plain = string | number | boolean | null | undefined | readonly Plain[] | PlainObject

export interface PlainObject {
  readonly [key: string]: Plain
}

export function isObject(value: Plain): value is PlainObject {
  return typeof value === 'object' && value !== null
}

const latin1 = (bytes: ArrayBuffer | ArrayBufferView): string =>
  (ArrayBuffer.isView(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : Buffer.from(bytes)
  ).toString('latin1')

function classOf(value: object): string {
  const { constructor } = value as { constructor?: { name: string } }
  return typeof constructor === 'function' ? constructor.name : 'none'
}

/** A text; of a long one the beginning, the end and the length. */
export function shown(text: string, { normalize }: Pick<DescribeContext, 'normalize'>): string {
  if (text.length <= MAX_SHOWN) return normalize(text)
  return `${normalize(text.slice(0, 300))} … ${normalize(text.slice(-100))} ${String(text.length)}`
}

const MAX_SHOWN = 1_000

async function readStream(stream: AsyncIterable<unknown>, context: DescribeContext): Promise<Plain> {
  const parts: Buffer[] = []
  try {
    for await (const part of stream) parts.push(Buffer.from(part as Uint8Array))
  } catch (error) {
    return { part: shown(Buffer.concat(parts).toString('latin1'), context), error: await describeError(error, context) }
  }
  return shown(Buffer.concat(parts).toString('latin1'), context)
}

/** Counts and ports of a socket, in errors of undici. */
const OF_A_SOCKET: ReadonlySet<string> = new Set([
  'localAddress',
  'localPort',
  'remotePort',
  'bytesRead',
  'bytesWritten',
])

/** A value, up to a depth. Streams are read only if they are part of an answer. */
async function describeValue(value: unknown, context: DescribeContext, isRead = false, depth = 0): Promise<Plain> {
  const name = context.given.get(value)
  if (name !== undefined) return `the given ${name}`
  if (typeof value === 'string') return shown(value, context)
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'boolean' || value === undefined || value === null) return value
  if (typeof value === 'symbol') return value.toString()
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || depth > 6) return '…'
  const type = classOf(value)
  if (value instanceof AxiosHeaders) return { type, entries: describeFields(value, context) }
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { type, bytes: shown(latin1(value), context) }
  if (value instanceof Blob) return { type, mime: value.type, bytes: shown(latin1(await value.arrayBuffer()), context) }
  if (value instanceof URLSearchParams || value instanceof URL || value instanceof Date)
    return { type, text: shown(String(value), context) }
  if (value instanceof Readable || value instanceof ReadableStream)
    return { type, data: isRead ? await readStream(value as AsyncIterable<unknown>, context) : 'unread' }
  if (value instanceof Error) return describeError(value, context)
  if (Array.isArray(value)) return Promise.all(value.map((each) => describeValue(each, context, isRead, depth + 1)))
  if (!['Object', 'none'].includes(type)) return { type }
  const entries = Object.entries(value)
    .filter(([key]) => !OF_A_SOCKET.has(key))
    .map(async ([key, each]): Promise<[string, Plain]> => [key, await describeValue(each, context, isRead, depth + 1)])
  return Object.fromEntries(await Promise.all(entries))
}

function describeFields(headers: AxiosHeaders, context: DescribeContext): Plain {
  return Object.entries(headers.toJSON()).map(([key, value]) => [key, shown(String(value), context)])
}

function describeRequest(request: unknown, context: DescribeContext): Plain {
  if (request instanceof ClientRequest) {
    const { method, path } = request
    const headers = Object.entries(request.getHeaders()).map(([name, value]) => [name, shown(String(value), context)])
    return { type: 'ClientRequest', method, path: context.normalize(path), headers: headers.sort() }
  }
  if (request instanceof Request) {
    const { method, url, headers } = request
    return {
      type: 'Request',
      method,
      url: context.normalize(url),
      headers: [...headers].map(([name, value]) => [name, shown(value, context)]),
    }
  }
  return typeof request === 'object' && request !== null ? classOf(request) : typeof request
}

async function describeAxiosResponse(response: AxiosResponse, context: DescribeContext): Promise<Plain> {
  const { status, statusText, headers, config, data, request, duration, ...rest } = response as Omit<
    AxiosResponse<unknown>,
    'request'
  > & { request: unknown; duration?: number }
  return {
    status,
    statusText,
    headers: await describeValue(headers, context),
    config: await describeValue(config, context),
    data: await describeValue(data, context, true),
    request: describeRequest(request, context),
    duration: typeof duration,
    rest: await describeValue(rest, context),
  }
}

export async function describeError(thrown: unknown, context: DescribeContext, depth = 0): Promise<Plain> {
  const name = context.given.get(thrown)
  if (name !== undefined) return `the given ${name}`
  if (!(thrown instanceof Error)) return { thrown: await describeValue(thrown, context) }
  if (depth > 4) return '…'
  const { name: kind, message, cause, ...own } = thrown as Error & Record<string, unknown>
  const { request, response, config, code, ...rest } = own
  return {
    class: classOf(thrown),
    name: kind,
    message: shown(message, context),
    code: await describeValue(code, context),
    isAxiosError: isAxiosError(thrown),
    isCancel: isCancel(thrown),
    cause: cause === undefined ? undefined : await describeError(cause, context, depth + 1),
    config: await describeValue(config, context),
    request: request === undefined ? undefined : describeRequest(request, context),
    response: response === undefined ? undefined : await describeAxiosResponse(response as AxiosResponse, context),
    rest: await describeValue(rest, context),
  }
}

export type { AxiosResponse }

export function describeAnswer(answer: unknown, { client, read }: Case, context: DescribeContext): Promise<Plain> {
  return client === 'fetch'
    ? describeResponse(answer as Response, read, context)
    : describeAxiosResponse(answer as AxiosResponse, context)
}

async function describeResponse(response: Response, read: Case['read'], context: DescribeContext): Promise<Plain> {
  const { status, statusText, ok, type, url, redirected, headers, bodyUsed } = response
  const head = {
    class: classOf(response),
    status,
    statusText,
    ok,
    type,
    url: context.normalize(url),
    redirected,
    headers: [...headers].map(([name, value]) => [name, shown(value, context)]),
    bodyUsed,
    hasBody: response.body !== null,
    own: Object.keys(response),
  }
  const isImmutable = await describeError(
    thrownBy(() => {
      headers.set('x-set', '1')
    }),
    context,
  )
  return { ...head, isImmutable, body: await readResponse(response, read, context) }
}

function thrownBy(act: () => void): unknown {
  try {
    act()
    return undefined
  } catch (error) {
    return error
  }
}

async function readResponse(response: Response, read: Case['read'], context: DescribeContext): Promise<Plain> {
  try {
    switch (read) {
      case 'text':
        return shown(await response.text(), context)
      case 'json':
        return await describeValue(await response.json(), context)
      case 'bytes':
        return shown(latin1(await response.arrayBuffer()), context)
      case 'form':
        return [...(await response.formData())].map(([name, value]) => [
          name,
          typeof value === 'string' ? value : value.name,
        ])
      case 'clone': {
        const texts = await Promise.allSettled([response.clone().text(), response.text()])
        return await Promise.all(
          texts.map(async (result) =>
            result.status === 'fulfilled' ? shown(result.value, context) : describeError(result.reason, context),
          ),
        )
      }
      default:
        return response.body && (await readStream(response.body, context))
    }
  } catch (error) {
    return { error: await describeError(error, context) }
  }
}

/** The state of a body after its call. */
export function stateOf(body: unknown): Plain {
  if (body instanceof Readable) {
    const { destroyed, readableEnded, errored } = body
    return { destroyed, readableEnded, errored: errored?.message }
  }
  return body instanceof ReadableStream ? { locked: body.locked } : undefined
}
