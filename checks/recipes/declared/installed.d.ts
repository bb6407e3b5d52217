// Of packages that `npm run check -- recipes` installs, and `npm test` does not: the types that docs/recipes uses. The check takes the types
// of the packages.

declare module '@nestjs/axios' {
  import type { AxiosInstance } from 'axios'

  export class HttpService {
    constructor(instance?: AxiosInstance)
    readonly axiosRef: AxiosInstance
  }
}

declare module '@nestjs/common' {
  interface Provider {
    provide: unknown
    inject?: unknown[]
    useFactory: (...injected: never[]) => unknown
  }
  export function Module(metadata: { providers?: Provider[]; exports?: unknown[] }): (target: object) => void
}

declare module '@tanstack/query-core' {
  interface CacheOptions {
    onError?: (error: Error) => void
  }
  export const QueryCache: new (options?: CacheOptions) => object
  export const MutationCache: new (options?: CacheOptions) => object
  export class QueryClient {
    constructor(options?: {
      queryCache?: object
      mutationCache?: object
      defaultOptions?: {
        queries?: {
          retry?: (failures: number, error: Error) => boolean
          retryDelay?: (failures: number, error: Error) => number
        }
      }
    })
    invalidateQueries(): Promise<void>
    clear(): void
  }
}

declare module 'axios-mock-adapter' {
  import type { AxiosInstance, InternalAxiosRequestConfig } from 'axios'

  interface Handler {
    replyOnce(status: number): MockAdapter
    reply(answer: (config: InternalAxiosRequestConfig) => [number, unknown]): MockAdapter
  }
  export default class MockAdapter {
    constructor(instance: AxiosInstance)
    onGet(url: string): Handler
    readonly history: { readonly get: readonly InternalAxiosRequestConfig[] }
  }
}

declare module 'express' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  import type { Session, SessionData } from 'express-session'

  function express(): express.Application

  namespace express {
    interface Request extends IncomingMessage {
      url: string
      sessionID: string
      session: Session & Partial<SessionData>
    }
    interface Response extends ServerResponse {
      status(code: number): this
      type(type: string): this
      send(body: unknown): this
      sendStatus(code: number): this
      redirect(url: string): void
    }
    type NextFunction = (error?: unknown) => void
    type Handler = (request: Request, response: Response, next: NextFunction) => unknown
    type ErrorHandler = (error: unknown, request: Request, response: Response, next: NextFunction) => unknown
    interface Application {
      (request: IncomingMessage, response: ServerResponse): void
      use(...handlers: (Handler | ErrorHandler)[]): this
      get(path: string, handler: Handler): this
      post(path: string, handler: Handler): this
    }
  }

  export default express
}

declare module 'express-session' {
  import type express from 'express'

  export interface SessionData {
    readonly cookie: object
  }
  export interface Session {
    regenerate(done: (error: unknown) => void): this
    destroy(done: (error: unknown) => void): this
  }
  export default function session(options: {
    secret: string
    resave?: boolean
    saveUninitialized?: boolean
    cookie?: { sameSite?: 'lax' | 'strict' | 'none'; secure?: boolean | 'auto' }
  }): express.Handler
}

declare module 'msw' {
  type Resolver = (info: { request: Request }) => Response
  export const http: { get(url: string, resolver: Resolver): object; post(url: string, resolver: Resolver): object }
  export class HttpResponse extends Response {
    static override json(body: unknown): HttpResponse
  }
}

declare module 'msw/node' {
  export function setupServer(...handlers: object[]): { listen(): void; close(): void }
}

declare module 'openai' {
  const OpenAI: new (options: {
    baseURL?: string
    apiKey?: string
    defaultHeaders?: Record<string, string | null>
    fetch?: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  }) => object
  export default OpenAI
}

declare module 'openapi-fetch' {
  type Answer<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
    ? Body
    : never
  type Parameters<Operation> = Operation extends { parameters: infer Given } ? { params: Given } : object
  type Get<Item> = Item extends { get: infer Operation } ? Operation : never

  export default function createClient<Paths>(options: {
    baseUrl?: string
    fetch?: (request: Request) => Promise<Response>
  }): {
    GET<Path extends keyof Paths>(
      path: Path,
      init: Parameters<Get<Paths[Path]>>,
    ): Promise<{ data?: Answer<Get<Paths[Path]>> }>
  }
}

declare module 'react' {
  export function useSyncExternalStore<T>(
    subscribe: (changed: () => void) => () => void,
    snapshot: () => T,
    serverSnapshot?: () => T,
  ): T
}

declare module 'socket.io' {
  interface Connection {
    readonly handshake: { readonly auth: Record<string, unknown> }
    disconnect(): this
    on(event: 'disconnect', listener: () => void): this
  }
  export class Server {
    use(handler: (connection: Connection, next: (error?: Error) => void) => unknown): this
  }
}

declare module 'socket.io-client' {
  interface Socket {
    readonly active: boolean
    connect(): this
    disconnect(): this
    on(event: 'disconnect', listener: (reason: string) => void): this
    on(event: 'connect' | 'connect_error', listener: () => void): this
  }
  export function io(url: string, options: { auth: (send: (data: object) => void) => void }): Socket
}

declare module 'vitest' {
  export function beforeAll(act: () => unknown): void
  export function afterAll(act: () => unknown): void
  export function test(name: string, act: () => unknown): void
  export function expect(value: unknown): { toBe(expected: unknown): void; toEqual(expected: unknown): void }
}

declare module 'vue' {
  export interface Ref<T> {
    value: T
  }
  export function shallowRef<T>(value: T): Ref<T>
  export function readonly<T>(ref: Ref<T>): Readonly<Ref<T>>
  export function onScopeDispose(act: () => void): void
}
