import { requestToken, fetchOf, load, type Answer, type Contender } from '../contender.ts'

interface PipelineRequest {
  readonly url: string
  readonly headers: { readonly toJSON: (options: { readonly preserveCase: boolean }) => Record<string, string> }
}

interface HttpClient {
  readonly sendRequest: (request: PipelineRequest) => Promise<Answer>
}

interface CorePipeline {
  readonly createEmptyPipeline: () => {
    readonly addPolicy: (policy: unknown) => void
    readonly sendRequest: (client: HttpClient, request: PipelineRequest) => Promise<Answer>
  }
  readonly createPipelineRequest: (options: { readonly url: string }) => PipelineRequest
  readonly createHttpHeaders: (headers: Headers) => unknown
  readonly bearerTokenAuthenticationPolicy: (options: object) => unknown
}

export const azure: Contender = {
  name: '@azure/core-rest-pipeline',
  client: 'fetch',
  package: '@azure/core-rest-pipeline',
  cannot: ['answer a 401 without a challenge callback of yours', 'keep the token from other origins', 'use http'],
  make: async (environment) => {
    const azurePipeline = await load<CorePipeline>('@azure/core-rest-pipeline')
    const { bearerTokenAuthenticationPolicy, createEmptyPipeline, createHttpHeaders, createPipelineRequest } =
      azurePipeline
    const getToken = async (): Promise<object> => {
      const { access_token, expires_in } = await requestToken(environment)
      return { token: access_token, expiresOnTimestamp: Date.now() + expires_in * 1_000 }
    }
    const pipeline = createEmptyPipeline()
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: { getToken }, scopes: [] }))
    const send = fetchOf(environment)
    const client: HttpClient = {
      sendRequest: async (request) => {
        // The policy requires https; the bench's server speaks http.
        const url = request.url.replace('https:', 'http:')
        const response = await send(url, { headers: request.headers.toJSON({ preserveCase: true }) })
        const body = await response.text()
        return Object.assign(
          { status: response.status },
          { headers: createHttpHeaders(response.headers), request, body },
        )
      },
    }
    return {
      request: (url) => pipeline.sendRequest(client, createPipelineRequest({ url: url.replace('http:', 'https:') })),
    }
  },
}
