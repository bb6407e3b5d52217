import { requestToken, fetchOf, load, type Answer, type Contender } from '../contender.ts'

interface GoogleAuth {
  readonly OAuth2Client: new (options: object) => {
    refreshHandler: () => Promise<{ readonly access_token: string; readonly expiry_date: number }>
    readonly request: (options: object) => Promise<Answer>
  }
}

export const googleAuthLibrary: Contender = {
  name: 'google-auth-library',
  client: 'fetch',
  package: 'google-auth-library',
  cannot: ['share one renewal where the refresh handler is yours', 'keep the token from other origins'],
  make: async (environment) => {
    const { OAuth2Client } = await load<GoogleAuth>('google-auth-library')
    const client = new OAuth2Client({ forceRefreshOnFailure: true })
    client.refreshHandler = async () => {
      const { access_token, expires_in } = await requestToken(environment)
      return { access_token, expiry_date: Date.now() + expires_in * 1_000 }
    }
    const fetchImplementation = fetchOf(environment)
    return { request: (url) => client.request({ url, fetchImplementation, retry: false }) }
  },
}
