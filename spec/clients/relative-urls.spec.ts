import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { fetchTransport, wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'

const getToken = (): string => 'the-token'
const ORIGIN = 'https://app.example.com'

/** A fetch that tells where requests go and with what. */
function recorder(answer: object = {}): {
  readonly sent: [url: string, authorization: string | null][]
  readonly fetch: typeof fetch
} {
  const sent: [string, string | null][] = []
  return {
    sent,
    fetch: (input, init) => {
      sent.push([input as string, new Headers(init?.headers).get('authorization')])
      return Promise.resolve(Response.json(answer))
    },
  }
}

describe('Relative URLs', () => {
  // Fault 164
  describe('in a page', () => {
    before(() => {
      Object.defineProperty(globalThis, 'location', { value: new URL(`${ORIGIN}/shop/`), configurable: true })
    })
    after(() => {
      Reflect.deleteProperty(globalThis, 'location')
    })

    it('are resolved against the page as resources of a wrapped fetch', async () => {
      const { sent, fetch } = recorder()
      const apiFetch = wrapFetch(fetch, { getToken, resources: ['/api'] })
      await apiFetch('/api/things')
      await apiFetch(`${ORIGIN}/api/things`)
      await apiFetch('/other')
      await apiFetch('https://elsewhere.example/api/things')
      expect(sent.map(([, authorization]) => authorization)).to.deep.equal([
        'Bearer the-token',
        'Bearer the-token',
        null,
        null,
      ])
    })

    it('are resolved against the page as baseURL of an axios instance', async () => {
      const sent: unknown[] = []
      const api = axios.create({
        baseURL: '/api',
        adapter: (config) => {
          sent.push(config.headers.get('authorization') ?? null)
          return Promise.resolve({ status: 200, statusText: '', data: '', headers: {}, config })
        },
      })
      attachBearer(api, { getToken })
      await api.get('/things')
      await api.get('https://elsewhere.example/api/things')
      expect(sent).to.deep.equal(['Bearer the-token', null])
    })

    it('are resolved against the page as endpoints of oauth2()', async () => {
      const { sent, fetch } = recorder({ access_token: 'AT', token_type: 'Bearer' })
      const provider = oauth2({ tokenEndpoint: '/oauth/token', clientAuthentication: 'none', api: '/api' })
      const transport = fetchTransport({ fetch })
      const tokens = createTokenManager({ provider, credentials: { clientId: 'c' }, transport })
      await tokens.token()
      expect(sent[0]?.[0]).to.equal(`${ORIGIN}/oauth/token`)
      expect(tokens.resourceServer.resources).to.deep.equal([`${ORIGIN}/api`])
    })
  })

  // Fault 164
  it('throw a TypeError with the URL outside a page', () => {
    expect(() => wrapFetch(fetch, { getToken, resources: ['/api'] })).to.throw(
      TypeError,
      /resources\[0\]: .*relative to the page.*got "\/api"/,
    )
    expect(() => attachBearer(axios.create({ baseURL: '/api' }), { getToken })).to.throw(
      TypeError,
      /resources\[0\]: .*got "\/api"/,
    )
    expect(() => oauth2({ tokenEndpoint: '/oauth/token', clientAuthentication: 'none' })).to.throw(
      TypeError,
      /tokenEndpoint: .*relative only in a page.*got "\/oauth\/token"/,
    )
  })

  // Fault 164
  it('are not reported for an http URL: the error contains the URL and the option that allows http', () => {
    const refused = /dangerouslyAllowInsecureHttp.*got "http:\/\/api:3000"/
    expect(() => wrapFetch(fetch, { getToken, resources: ['http://me:secret@api:3000/?key=secret'] }))
      .to.throw(TypeError)
      .that.satisfies(({ message }: Error) => !message.includes('secret'))
    expect(() => wrapFetch(fetch, { getToken, resources: ['http://api:3000'] })).to.throw(TypeError, refused)
    expect(() => oauth2({ tokenEndpoint: 'http://api:3000/token', clientAuthentication: 'none' })).to.throw(
      TypeError,
      /dangerouslyAllowInsecureHttp.*got "http:\/\/api:3000\/token"/,
    )
    expect(() =>
      wrapFetch(fetch, { getToken, resources: ['http://api:3000'], dangerouslyAllowInsecureHttp: true }),
    ).not.to.throw()
  })
})
