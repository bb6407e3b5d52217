// Of packages that no check installs: the types that docs/recipes uses, as in the versions named.

/** 2.28 */
declare module '@auth0/auth0-spa-js' {
  export interface Auth0Client {
    getTokenSilently(options: { cacheMode?: 'on' | 'off' | 'cache-only' }): Promise<string>
  }
  export interface GenericError extends Error {
    error: string
  }
}

/** 13.2 */
declare module 'firebase/auth' {
  export interface Auth {
    readonly currentUser: User | null
    authStateReady(): Promise<void>
  }
  export interface User {
    getIdToken(forceRefresh?: boolean): Promise<string>
  }
  export interface AuthError extends Error {
    readonly code: string
  }
}

/** 5.30 */
declare module '@azure/msal-browser' {
  export interface AccountInfo {
    homeAccountId: string
  }
  export interface IPublicClientApplication {
    getActiveAccount(): AccountInfo | null
    acquireTokenSilent(request: {
      scopes: string[]
      account?: AccountInfo
      forceRefresh?: boolean
    }): Promise<{ accessToken: string; expiresOn: Date | null }>
  }
}

/** 4.41 */
declare module '@clerk/shared/types' {
  export interface Clerk {
    session: { getToken(options?: { skipCache?: boolean }): Promise<string | null> } | null | undefined
  }
}

/** 6.22 */
declare module 'aws-amplify/auth' {
  export function fetchAuthSession(options?: {
    forceRefresh?: boolean
  }): Promise<{ tokens?: { accessToken: { toString(): string } } }>
}

/** 16.4 */
declare module 'next/headers' {
  export function cookies(): Promise<{
    get(name: string): { name: string; value: string } | undefined
    set(name: string, value: string, options?: { httpOnly?: boolean; secure?: boolean; sameSite?: 'lax' }): unknown
    delete(name: string): unknown
  }>
}

/** 10.0 */
declare module 'react-native-keychain' {
  export function getGenericPassword(options: { service: string }): Promise<false | { password: string }>
  export function setGenericPassword(username: string, password: string, options: { service: string }): Promise<unknown>
  export function resetGenericPassword(options: { service: string }): Promise<boolean>
}

/** Workers, of 2026 */
declare module 'cloudflare:workers' {
  interface Storage {
    get<T>(key: string): Promise<T | undefined>
    put(key: string, value: unknown): Promise<void>
    transaction<T>(act: (storage: Storage) => Promise<T>): Promise<T>
  }
  export class DurableObject {
    protected readonly ctx: { readonly storage: Storage }
  }
}

interface DurableObjectNamespace<T> {
  idFromName(name: string): object
  get(id: object): T
}

/** 2.9 */
declare namespace Deno {
  interface KvEntry<T> {
    readonly value: T | null
    readonly versionstamp: string | null
  }
  interface KvOperation {
    check(entry: { key: string[]; versionstamp: string | null }): this
    set(key: string[], value: unknown): this
    commit(): Promise<{ readonly ok: boolean }>
  }
  interface Kv {
    get<T>(key: string[], options?: { consistency?: 'strong' | 'eventual' }): Promise<KvEntry<T>>
    atomic(): KvOperation
    watch(keys: string[][]): ReadableStream<KvEntry<unknown>[]>
  }
}
