// Reads the responses of axios adapters, and the errors they reject with.
import type { AxiosResponse } from 'axios'
import type { Match } from '../../definitions/definition.ts'
import type { ResponseReader } from '../../request/classify-response.ts'
import { hasRuleForSuccess, matchesRejection, type ResourceServerAccess } from '../resource-server.ts'
import { finalUrl } from './axios-internals.ts'

type Predicate = ResponseReader<AxiosResponse>['isAuthFailure']

export function axiosResponseReader(
  isAuthFailure: Predicate,
  resourceServer: ResourceServerAccess,
  rejectedWhen: readonly Match[] | undefined,
): ResponseReader<AxiosResponse> {
  return {
    isAuthFailure: isAuthFailure && ((response) => isAuthFailure(transformed(response))),
    hasRuleForSuccess: hasRuleForSuccess(rejectedWhen),
    isRejectedBody: ({ status, data }) => matchesRejection(rejectedWhen, status, () => data as unknown),
    challenges: (response) => headerOf(response, 'www-authenticate'),
    responseIn: (error) => {
      const response = (error as { response?: AxiosResponse } | undefined)?.response
      return typeof response?.status === 'number' ? response : undefined
    },
    redirectedElsewhere: (response, origin) => {
      const url = finalUrl(response)
      return url !== undefined && resourceServer.breakerFor(url)?.origin !== origin
    },
    // The adapter has read every body except streams, and a stream must stay readable: the response may be returned.
    drain: () => undefined,
    discard: (response) => {
      const body = response.data as { destroy?(): void; cancel?(): Promise<void> } | null | undefined
      if (typeof body?.destroy === 'function') body.destroy()
      else if (typeof body?.cancel === 'function') body.cancel().catch(() => undefined)
    },
    attachCause: (response, error, cause) => {
      Object.defineProperty(error ?? response, 'cause', { value: cause, configurable: true, writable: true })
    },
  }
}

/** A copy of the response as the caller will see it: an adapter's response has not been transformed yet. */
function transformed(response: AxiosResponse): AxiosResponse {
  const { config, headers, status } = response
  const data: unknown = response.data
  try {
    const transforms = [config.transformResponse ?? []].flat()
    const result: unknown = transforms.reduce<unknown>(
      (value, transform) => transform.call(config, value, headers as never, status) as unknown,
      data,
    )
    return { ...response, data: result }
  } catch {
    // The caller will get the error.
    return response
  }
}

/** `headers` are AxiosHeaders in adapters of axios, any object in custom ones, and may be absent in mocks. */
function headerOf({ headers }: AxiosResponse, name: string): string | null {
  const value: unknown = Object.entries((headers as object | undefined) ?? {}).find(
    ([key]) => key.toLowerCase() === name,
  )?.[1]
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : null
}
