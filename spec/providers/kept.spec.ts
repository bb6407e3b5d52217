// Providers whose tokens name their API, as plain definitions: what their documentation says of requests and answers.
import '../support/instant-digest.ts'
import { expect } from 'chai'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { defineProvider, oauth2 } from '../../lib/providers.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'

const post = {
  clientAuthentication: 'client_secret_post',
  grants: ['authorization_code'],
  id: 'a-provider',
} as const

const salesforceBase = oauth2({
  ...post,
  tokenEndpoint: 'https://login.salesforce.com/services/oauth2/token',
  authorizationEndpoint: 'https://login.salesforce.com/services/oauth2/authorize',
})
const salesforce = defineProvider({
  ...salesforceBase,
  api: 'https://{instance}.my.salesforce.com',
  token: {
    ...salesforceBase.token,
    answer: { keep: { instance: { at: 'instance_url', is: 'https://{instance}.my.salesforce.com' } } },
  },
})

const pipedriveBase = oauth2({
  ...post,
  clientAuthentication: 'client_secret_basic',
  tokenEndpoint: 'https://oauth.pipedrive.com/oauth/token',
  authorizationEndpoint: 'https://oauth.pipedrive.com/oauth/authorize',
  pkce: false,
})
const pipedrive = defineProvider({
  ...pipedriveBase,
  api: 'https://{company}.pipedrive.com',
  token: {
    ...pipedriveBase.token,
    answer: { keep: { company: { at: 'api_domain', is: 'https://{company}.pipedrive.com' } } },
  },
})

const quickbooksBase = oauth2({
  ...post,
  clientAuthentication: 'client_secret_basic',
  tokenEndpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
  authorizationEndpoint: 'https://appcenter.intuit.com/connect/oauth2',
  pkce: false,
})
const quickbooks = defineProvider({
  ...quickbooksBase,
  api: 'https://quickbooks.api.intuit.com/v3/company/{realmId}',
  authorize: { ...quickbooksBase.authorize, callback: { keep: { realmId: 'realmId' } } },
})

const TOP_LEVEL_DOMAINS = ['com', 'eu', 'in', 'com.au', 'jp'] as const
const zohoBase = oauth2({
  ...post,
  tokenEndpoint: 'https://accounts.zoho.com/oauth/v2/token',
  authorizationEndpoint: 'https://accounts.zoho.com/oauth/v2/auth',
  revocationEndpoint: 'https://accounts.zoho.com/oauth/v2/token/revoke',
})
const zoho = defineProvider({
  ...zohoBase,
  api: '{root}',
  token: {
    ...zohoBase.token,
    url: '{accounts}/oauth/v2/token',
    answer: {
      lifetime: [{ in: ['expires_in_sec', 'expires_in'] }],
      keep: { root: { at: 'api_domain', is: TOP_LEVEL_DOMAINS.map((tld) => `https://www.zohoapis.${tld}`) } },
    },
  },
  authorize: {
    ...zohoBase.authorize,
    callback: {
      keep: {
        accounts: { name: 'accounts-server', is: TOP_LEVEL_DOMAINS.map((tld) => `https://accounts.zoho.${tld}`) },
      },
    },
  },
  revoke: { ...zohoBase.revoke, url: '{accounts}/oauth/v2/token/revoke' },
  placement: { header: 'Authorization', value: 'Zoho-oauthtoken {token}' },
})

const credentials = { clientId: 'cid', clientSecret: 'sec', redirectUri: 'https://app.example/cb' }

describe('a provider whose token response names the API', () => {
  let endpoint: FakeEndpoint
  let clock: VirtualClock

  beforeEach(() => {
    endpoint = new FakeEndpoint()
    clock = new VirtualClock()
  })

  const call = async (tokens: TokenManager, fields: object = {}): Promise<string> => {
    const { state } = await tokens.authorizationUrl()
    return `https://app.example/cb?${new URLSearchParams({ code: 'C1', state, ...fields }).toString()}`
  }

  /** The URL and the authorization of a request to each of these, after the callback and after a renewal. */
  async function sent(
    tokens: TokenManager,
    callback: object,
    body: object,
    urls: readonly string[],
  ): Promise<(string | null)[][]> {
    const requests: (string | null)[][] = []
    const api = wrapFetch((input, init) => {
      requests.push([input as string, new Headers(init?.headers).get('authorization')])
      return Promise.resolve(new Response())
    }, tokens)
    endpoint.next(answer(200, { access_token: 'T1', token_type: 'Bearer', refresh_token: 'R1', ...body }))
    await tokens.exchangeCallback(await call(tokens, callback))
    for (const url of urls) await api(url)
    endpoint.next(answer(200, { access_token: 'T2', token_type: 'Bearer', expires_in: 3600 }))
    await tokens.renew(await tokens.token())
    for (const url of urls) await api(url)
    return requests
  }

  const limits = '/services/data/v60.0/limits'

  it('works for Salesforce, with the label in instance_url', async () => {
    const tokens = createTokenManager({ provider: salesforce, credentials, clock, transport: endpoint.transport })
    const url = `https://acme.my.salesforce.com${limits}`
    const other = `https://evil.my.salesforce.com${limits}`
    const body = { instance_url: 'https://acme.my.salesforce.com', issued_at: '1700000000000' }
    expect(await sent(tokens, {}, body, [limits, url, other])).to.deep.equal([
      [url, 'Bearer T1'],
      [url, 'Bearer T1'],
      [other, null],
      [url, 'Bearer T2'],
      [url, 'Bearer T2'],
      [other, null],
    ])
    expect((await tokens.token()).kept).to.deep.equal({ instance: 'acme' })
  })

  it('rejects an instance_url of another domain for Salesforce', async () => {
    for (const instance_url of [
      'https://my.salesforce.com.evil.test',
      'https://a.b.my.salesforce.com',
      'http://a.my.salesforce.com',
    ]) {
      const tokens = createTokenManager({ provider: salesforce, credentials, clock, transport: endpoint.transport })
      endpoint.next(answer(200, { access_token: 'T1', refresh_token: 'R1', instance_url }))
      expect(await failureOf(tokens.exchangeCallback(await call(tokens)))).to.include({ reason: 'kept' })
    }
  })

  it('works for Pipedrive, with the label in api_domain', async () => {
    const tokens = createTokenManager({ provider: pipedrive, credentials, clock, transport: endpoint.transport })
    const url = 'https://acme.pipedrive.com/api/v1/deals'
    const body = { api_domain: 'https://acme.pipedrive.com', expires_in: 3599 }
    expect(await sent(tokens, {}, body, ['/api/v1/deals'])).to.deep.equal([
      [url, 'Bearer T1'],
      [url, 'Bearer T2'],
    ])
  })

  it('works for QuickBooks, with the realmId of the callback', async () => {
    const tokens = createTokenManager({ provider: quickbooks, credentials, clock, transport: endpoint.transport })
    const other = 'https://quickbooks.api.intuit.com/v3/company/8/query'
    expect(await sent(tokens, { realmId: '9' }, { expires_in: 3600 }, ['/companyinfo/9', other])).to.deep.equal([
      ['https://quickbooks.api.intuit.com/v3/company/9/companyinfo/9', 'Bearer T1'],
      [other, null],
      ['https://quickbooks.api.intuit.com/v3/company/9/companyinfo/9', 'Bearer T2'],
      [other, null],
    ])
    expect((await tokens.token()).kept).to.deep.equal({ realmId: '9' })
  })

  it('works for Zoho, with the data centre of the callback and the response, up to revocation', async () => {
    const tokens = createTokenManager({ provider: zoho, credentials, clock, transport: endpoint.transport })
    const callback = { location: 'eu', 'accounts-server': 'https://accounts.zoho.eu' }
    const body = { api_domain: 'https://www.zohoapis.eu', expires_in: 3_600_000, expires_in_sec: 3600 }
    const other = 'https://www.zohoapis.com/crm/v6/Leads'
    expect(await sent(tokens, callback, body, ['/crm/v6/Leads', other])).to.deep.equal([
      ['https://www.zohoapis.eu/crm/v6/Leads', 'Zoho-oauthtoken T1'],
      [other, null],
      ['https://www.zohoapis.eu/crm/v6/Leads', 'Zoho-oauthtoken T2'],
      [other, null],
    ])
    endpoint.next(answer(200, {}), answer(200, {}))
    await tokens.revoke()
    const at = 'https://accounts.zoho.eu/oauth/v2/token'
    expect(endpoint.requests.map(({ url }) => url)).to.deep.equal([at, at, `${at}/revoke`, `${at}/revoke`])
  })
})
