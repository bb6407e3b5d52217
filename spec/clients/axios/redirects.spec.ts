import { HttpStatusCode } from 'axios'
import { expect } from 'chai'
import { redirectGuard } from '../../../lib/clients/axios/token-on-config.ts'
import { ResourceServerAccess } from '../../../lib/clients/resource-server.ts'
import { staticTokens } from '../../support/static-tokens.ts'
import { OUTSIDE_API, API, WITHIN_API } from '../urls.ts'

type Guard = ReturnType<typeof redirectGuard>

describe('redirectGuard(resourceServer, breaker, header, next)', () => {
  let resourceServer: ResourceServerAccess
  beforeEach(async () => {
    resourceServer = new ResourceServerAccess(
      await staticTokens(),
      { resources: [API, 'https://other.example.com'] },
      undefined,
    )
  })

  const guard = (next?: Guard): Guard => {
    const breaker = resourceServer.breakerFor(API)
    if (!breaker) throw new Error('the API is its own resource')
    return redirectGuard(resourceServer, undefined, breaker, [['Authorization', 'Bearer secret']], next)
  }
  /** The headers that remain after a redirect from the API to a URL. */
  const headersAt = (url: string, redirect: Guard): object => {
    const href = URL.canParse(url, API) ? new URL(url, API).href : url
    const headers = { accept: '*/*', AUTHORIZATION: 'Bearer secret' }
    redirect(
      { href, headers },
      { headers: {}, statusCode: HttpStatusCode.Found },
      { headers: {}, url: API, method: 'GET' },
    )
    return headers
  }

  for (const url of [...WITHIN_API, '/v2/messages', '//api.example.com/v2/messages']) {
    it(`keeps the token on a redirect to ${JSON.stringify(url)}`, () => {
      expect(headersAt(url, guard())).to.deep.equal({ accept: '*/*', Authorization: 'Bearer secret' })
    })
  }

  // Fault 72: other ports, subdomains and plain http too. From the API, these two lead home.
  for (const url of OUTSIDE_API.filter((each) => !/^$|^\/v2|^\/\/api/.test(each))) {
    it(`removes the token on a redirect to ${JSON.stringify(url)}, and does not add it again`, () => {
      const redirect = guard()
      expect(headersAt(url, redirect)).to.deep.equal({ accept: '*/*' })
      expect(headersAt(API, redirect)).to.deep.equal({ accept: '*/*' })
    })
  }

  it('removes the token on a redirect to another resource of the allowed URLs', () => {
    expect(headersAt('https://other.example.com/', guard())).to.deep.equal({ accept: '*/*' })
  })

  it("keeps a header set by the caller's hook", () => {
    const redirect = guard(({ headers }: Record<string, unknown>) =>
      Object.assign(headers as object, { authorization: 'Basic mine' }),
    )
    expect(headersAt(API, redirect)).to.deep.equal({ accept: '*/*', authorization: 'Basic mine' })
  })

  for (const part of ['href', 'hostname', 'port', 'protocol', 'path']) {
    it(`removes the token where the caller's hook changes the ${part}`, () => {
      const redirect = guard((options) => Object.assign(options, { [part]: 'another' }))
      expect(headersAt(API, redirect)).to.deep.equal({ accept: '*/*' })
    })
  }
})
