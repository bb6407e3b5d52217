import { CLIENT, fetchOf, load, type Contender } from '../contender.ts'

interface OAuth2 {
  readonly OAuth2Client: new (options: object) => { readonly clientCredentials: () => Promise<unknown> }
  readonly OAuth2Fetch: new (options: object) => {
    readonly mw: () => (request: Request, next: (request: Request) => Promise<Response>) => Promise<Response>
  }
}

export const badgateway: Contender = {
  name: '@badgateway/oauth2-client',
  client: 'fetch',
  package: '@badgateway/oauth2-client',
  cannot: [
    'keep the token from other origins',
    'send without copying the request',
    'tell a token already replaced from the current one',
  ],
  make: async (environment) => {
    const { OAuth2Client, OAuth2Fetch } = await load<OAuth2>('@badgateway/oauth2-client')
    const client = new OAuth2Client({ tokenEndpoint: environment.tokenEndpoint, ...CLIENT })
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials(), scheduleRefresh: false })
    const send = fetchOf(environment)
    // Does the same as its fetch(), with another underlying fetch.
    return { request: (url) => wrapper.mw()(new Request(url), (request) => send(request)) }
  },
}
