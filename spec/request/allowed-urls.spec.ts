import { expect } from 'chai'
import fc from 'fast-check'
import { type AllowedUrls, allowedUrls } from '../../lib/request/allowed-urls.ts'
import { parseUrl } from '../../lib/util/url.ts'

/** Whether a URL may receive the token, which must not depend on how it is given. */
function allows(audience: AllowedUrls, url: string, base?: string): boolean {
  const found = audience.match(url, () => base)
  const parsed = parseUrl(url, base)
  if (parsed) expect(audience.match(parsed)).to.equal(found)
  return found !== undefined
}

describe('allowedUrls', () => {
  const audience = allowedUrls(['https://api.example.com/v2', 'https://[2001:db8::1]:8443', 'https://bücher.example/'])

  const allowed: readonly (readonly [what: string, url: string])[] = [
    ['the resource itself', 'https://api.example.com/v2'],
    ['the resource with a slash', 'https://api.example.com/v2/'],
    ['a path below it', 'https://api.example.com/v2/messages/sms'],
    ['a query', 'https://api.example.com/v2?to=//evil.test/..'],
    ['a fragment', 'https://api.example.com/v2#//evil.test/..'],
    ['the default port', 'https://api.example.com:443/v2'],
    ['upper case', 'HTTPS://API.Example.COM/v2'],
    ['white space around', ' \thttps://api.example.com/v2\n'],
    ['tabs and newlines within', 'ht\ntps://api.exa\tmple.com/v\r2/x'],
    ['backslashes', 'https:\\\\api.example.com\\v2\\x'],
    ['too few slashes', 'https:api.example.com/v2'],
    ['too many slashes', 'https:////api.example.com/v2'],
    ['a percent-encoded host', 'https://api%2eexample%2ecom/v2'],
    ['full-width letters in the host', 'https://ａｐｉ.example.com/v2'],
    ['dot segments that stay below', 'https://api.example.com/v1/../v2/a/../b/.'],
    ['encoded dot segments that stay below', 'https://api.example.com/v1/%2e%2E/v2/a/%2e./b'],
    ['an encoded slash', 'https://api.example.com/v2/projects/group%2Fname'],
    ['an encoded backslash', 'https://api.example.com/v2/a%5cb'],
    ['encoded dots within a name', 'https://api.example.com/v2/a%2e%2eb%2f..c'],
    ['names that begin with dots', 'https://api.example.com/v2/.well-known/..x/...'],
    ['an encoded percent sign', 'https://api.example.com/v2/100%25%20sure%2525'],
    ['a malformed escape', 'https://api.example.com/v2/%/%zz'],
    ['parameters of a segment', 'https://api.example.com/v2/a;b=../c'],
    ['empty segments', 'https://api.example.com/v2//a'],
    ['control characters in names', 'https://api.example.com/v2/a%09b/%0d%0a/c%00'],
    ['letters of Latin-1', 'https://api.example.com/v2/%c0%e0%c1bc/%e9t%e9'],
    ['letters beyond ASCII', 'https://api.example.com/v2/straße?ü'],
    ['an IPv6 host in any spelling', 'https://[2001:DB8:0:0:0:0:0:1]:8443/x'],
    ['punycode', 'https://xn--bcher-kva.example/x'],
    ['a host that becomes punycode', 'https://BÜCHER.example/x'],
    ['an empty user', 'https://@api.example.com/v2'],
  ]
  for (const [what, url] of allowed) {
    it(`allows ${what}`, () => {
      expect(allows(audience, url)).to.be.true
    })
  }

  // Faults 72, 73 and 74: where a redirect leads is judged by the same.
  const refused: readonly (readonly [what: string, url: string])[] = [
    ['another path', 'https://api.example.com/v1/messages'],
    ['the root', 'https://api.example.com'],
    ['a path with the same beginning', 'https://api.example.com/v20'],
    ['a path in other case', 'https://api.example.com/V2'],
    ['an encoded path', 'https://api.example.com/v%32/x'],
    ['another scheme', 'http://api.example.com/v2'],
    ['another port', 'https://api.example.com:8443/v2'],
    ['the default port of another scheme', 'https://api.example.com:80/v2'],
    ['a subdomain', 'https://a.api.example.com/v2'],
    ['the parent domain', 'https://example.com/v2'],
    ['a trailing dot', 'https://api.example.com./v2'],
    ['a host that begins alike', 'https://api.example.com.evil.test/v2'],
    ['a host that ends alike', 'https://evil-api.example.com/v2'],
    ['the host as a user', 'https://api.example.com@evil.test/v2'],
    ['the host and port as user and password', 'https://api.example.com:443@evil.test/v2'],
    ['the host before a backslash', 'https://evil.test\\@api.example.com/v2'],
    ['a user', 'https://someone@api.example.com/v2'],
    ['a user and a password', 'https://someone:secret@api.example.com/v2'],
    ['a password', 'https://:secret@api.example.com/v2'],
    ['a look-alike', 'https://аpi.example.com/v2'],
    ['the punycode of a look-alike', 'https://xn--pi-7kc.example.com/v2'],
    ['dot segments that leave', 'https://api.example.com/v2/../v1'],
    ['encoded dot segments that leave', 'https://api.example.com/v2/%2e%2E/v1'],
    ['dot segments behind backslashes', 'https://api.example.com/v2\\..\\v1'],
    ['dot segments with tabs within', 'https://api.example.com/v2/.\t./v1'],
    // Node 20 leaves these dot segments as they are.
    ['dot segments behind a name with a dot in front', 'https://api.example.com/v2/.well-known/../../v1'],
    ['dots before an encoded slash', 'https://api.example.com/v2/..%2fv1'],
    ['encoded dots before an encoded slash', 'https://api.example.com/v2/%2e%2e%2Fv1'],
    ['dots before an encoded backslash', 'https://api.example.com/v2/..%5cv1'],
    ['dots behind an encoded slash', 'https://api.example.com/v2/a%2f..%2f../v1'],
    ['dots encoded twice', 'https://api.example.com/v2/%252e%252e/v1'],
    ['a slash encoded twice', 'https://api.example.com/v2/..%252fv1'],
    ['a slash whose encoding is encoded', 'https://api.example.com/v2/..%25%32%66v1'],
    ['many nested encodings', 'https://api.example.com/v2/%2525252525252e'],
    ['dots with a parameter', 'https://api.example.com/v2/..;/v1'],
    ['dots with an encoded parameter', 'https://api.example.com/v2/..%3bx/v1'],
    ['dots before an encoded query', 'https://api.example.com/v2/..%3f'],
    ['dots before a zero byte', 'https://api.example.com/v2/..%00/v1'],
    // Fault 131
    ['control characters within dots', 'https://api.example.com/v2/.%09./v1'],
    ['control characters around dots', 'https://api.example.com/v2/%0d%0a..%7f/v1'],
    ['a zero byte behind dots, and a name', 'https://api.example.com/v2/..%00x/v1'],
    ['an escape with a control character in it', 'https://api.example.com/v2/%2%09e./v1'],
    ['dots in two bytes', 'https://api.example.com/v2/%c0%ae%C0%AE/v1'],
    ['dots in three bytes', 'https://api.example.com/v2/%e0%80%ae./v1'],
    [
      'dots in four, five and six bytes',
      'https://api.example.com/v2/a/%f0%80%80%ae%f8%80%80%80%ae%2ffc/../..%fc%80%80%80%80%af',
    ],
    ['a slash in two bytes', 'https://api.example.com/v2/..%c0%afv1'],
    ['a backslash in two bytes', 'https://api.example.com/v2/..%c1%9cv1'],
    ['dots in two bytes, encoded twice', 'https://api.example.com/v2/%25c0%25ae./v1'],
    ['dots by their code point', 'https://api.example.com/v2/%u002e%u002E/v1'],
    ['a URL of the origin within another', 'blob:https://bücher.example/x'],
    ['data', 'data:text/plain,https://api.example.com/v2'],
    ['a WebSocket', 'wss://api.example.com/v2'],
    ['another IPv6 host', 'https://[2001:db8::2]:8443/'],
    ['a relative URL without a base', '/v2/messages'],
    ['a URL without a scheme', '//api.example.com/v2'],
    ['nothing', ''],
    ['an invalid URL', 'https://'],
  ]
  for (const [what, url] of refused) {
    it(`rejects ${what}`, () => {
      expect(allows(audience, url)).to.be.false
    })
  }

  it('matches a URL with its origin and path', () => {
    expect(audience.match('https://api.example.com/v2/x')).to.deep.equal({
      origin: 'https://api.example.com',
      path: '/v2',
    })
  })

  it('resolves a relative URL against its base', () => {
    expect(allows(audience, 'x', 'https://api.example.com/v2/')).to.be.true
    expect(allows(audience, 'x', 'https://api.example.com/v1/')).to.be.false
    expect(allows(audience, '//evil.test/v2', 'https://api.example.com/v2/')).to.be.false
    expect(allows(audience, '/\\evil.test/v2', 'https://api.example.com/v2/')).to.be.false
    expect(allows(audience, '\t//api.example.com/v2', 'https://evil.test')).to.be.true
  })

  it('allows encoded dot segments where the resource is a whole origin', () => {
    const origin = allowedUrls(['https://api.example.com'])
    expect(allows(origin, 'https://api.example.com/..%2f..%5c..;/%252e%252e%252f')).to.be.true
  })

  it('distinguishes resources of one origin by path', () => {
    const two = allowedUrls(['https://h.example/a', 'https://h.example/b/'])
    expect(two.match('https://h.example/b/c')?.path).to.equal('/b')
    expect(two.match('https://h.example/c')).to.be.undefined
  })

  describe('with public paths', () => {
    const withPublicPaths = allowedUrls(['https://api.example.com/v2', 'https://other.example/v2'], {
      publicPaths: ['/messages/sms/healthcheck', '/version'],
    })

    for (const url of [
      'https://api.example.com/v2/version',
      'https://api.example.com/v2/version?x=1',
      'https://API.example.com:443/v2/x/../version',
      'https://api.example.com/v2/messages/sms/healthcheck',
    ]) {
      it(`sends no token to ${url}`, () => {
        expect(allows(withPublicPaths, url)).to.be.false
      })
    }

    for (const url of [
      'https://api.example.com/v2/versions',
      'https://api.example.com/v2/version/x',
      'https://api.example.com/v2/x/version',
      'https://other.example/v2/version',
    ]) {
      it(`sends a token to ${url}`, () => {
        expect(allows(withPublicPaths, url)).to.be.true
      })
    }

    it('applies them to a resource without a path', () => {
      expect(allows(allowedUrls(['https://h.example/'], { publicPaths: ['/health'] }), 'https://h.example/health')).to
        .be.false
    })
  })

  describe('at construction', () => {
    for (const [what, resource] of [
      ['a query', 'https://api.example.com/?a'],
      ['a fragment', 'https://api.example.com/#a'],
      ['a user', 'https://me@api.example.com/'],
      ['a password', 'https://:secret@api.example.com/'],
      ['another scheme', 'ftp://api.example.com/'],
      ['a scheme without an origin', 'data:text/plain,x'],
      ['no scheme', 'api.example.com'],
      ['an invalid host', 'https://a b/v2'],
      ['nothing', ''],
      ['undefined', undefined],
      ['null', null],
      ['a number', 1],
    ] as const) {
      it(`throws for a resource with ${what}, by name and without a secret`, () => {
        expect(() => allowedUrls(['https://a.example', resource as string]))
          .to.throw(TypeError, /^tokenflight: resources\[1\]: expected a URL of scheme, host and path/)
          .that.satisfies(({ message }: Error) => !message.includes('secret'))
      })
    }

    for (const resource of [
      'http://api.example.com',
      'http://10.0.0.1',
      'http://localhost.example.com',
      'http://127.0.0.1.example.com',
      'http://[::2]',
    ]) {
      it(`throws for ${resource} unless http is allowed`, () => {
        expect(() => allowedUrls([resource])).to.throw(TypeError, /resources\[0\]: expected https, or http on loopback/)
        const lax = allowedUrls([resource], { allowInsecureHttp: true })
        expect(allows(lax, `${resource}/x`)).to.be.true
        expect(allows(lax, `${resource.replace('http', 'https')}/x`)).to.be.false
      })
    }

    for (const resource of [
      'http://localhost:3000',
      'http://api.localhost',
      'http://127.8.9.1',
      'http://127.1',
      'http://[::1]:1',
    ]) {
      it(`accepts ${resource}`, () => {
        expect(allows(allowedUrls([resource]), `${resource}/x`)).to.be.true
      })
    }

    it('accepts URL objects', () => {
      expect(allows(allowedUrls([new URL('https://api.example.com/v2/')]), 'https://api.example.com/v2/x')).to.be.true
    })
  })

  describe('intersect', () => {
    const provider = allowedUrls(['https://api.example.com/v2', 'https://b.example'], { publicPaths: ['/version'] })

    it('keeps URLs that are in both', () => {
      const narrow = provider.intersect(allowedUrls(['https://api.example.com/v2/messages', 'https://b.example/']))
      expect(allows(narrow, 'https://api.example.com/v2/messages/sms')).to.be.true
      expect(allows(narrow, 'https://api.example.com/v2/accounts')).to.be.false
      expect(allows(narrow, 'https://b.example/x')).to.be.true
    })

    it('adds no URL', () => {
      const narrow = provider.intersect(allowedUrls(['https://api.example.com']))
      expect(allows(narrow, 'https://api.example.com/v2/x')).to.be.true
      expect(allows(narrow, 'https://api.example.com/v1/x')).to.be.false
      expect(allows(narrow, 'https://b.example/x')).to.be.false
    })

    it('keeps the public paths', () => {
      const narrow = provider.intersect(allowedUrls(['https://api.example.com/'], { publicPaths: ['/v2/health'] }))
      expect(allows(narrow, 'https://api.example.com/v2/version')).to.be.false
      expect(allows(narrow, 'https://api.example.com/v2/health')).to.be.false
      expect(allows(narrow, 'https://api.example.com/v2/x')).to.be.true
    })

    it('throws for a resource that cannot match, by name', () => {
      for (const stranger of ['https://api.example.com/v3', 'https://c.example', 'https://api.example.com:444/v2']) {
        expect(() => provider.intersect(allowedUrls(['https://b.example', stranger]))).to.throw(
          TypeError,
          /resources\[1\]/,
        )
      }
    })
  })

  describe('for any URL', () => {
    const pieces = [
      ...['https://', 'http://', 'HTTPS:', 'blob:', '//', '/', '\\', '@', ':', ':443', '?', '#', ';', '%', ' '],
      ...['api.example.com', '.evil.test', 'v2', 'v1', 'x', '.', '..', '\t', '\n', 'é', '\ud800'],
      ...['%2e', '%2E', '%2f', '%5c', '%25', '%3b', '%32', '%c0', '%00', '%ae', '%af', '%e0%80', '%u00', '%09', '%7f'],
    ]
    const tail = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''))
    const url = fc.oneof(
      tail,
      tail.map((rest) => `https://api.example.com${rest}`),
      tail.map((rest) => `https://api.example.com/v2${rest}`),
      tail.map((rest) => `https://api.example.com/v2/${rest}`),
    )
    const audiences = [
      audience,
      allowedUrls(['https://api.example.com']),
      allowedUrls(['https://api.example.com/v2/x', 'https://api.example.com/v1'], { publicPaths: ['/x'] }),
    ]

    it('matches the text of a URL like the parsed URL', () => {
      fc.assert(
        fc.property(url, fc.constantFrom(...audiences), (text, any) => {
          allows(any, text)
        }),
        { numRuns: 5_000 },
      )
    })

    it('matches only the exact origin and path of a resource', () => {
      fc.assert(
        fc.property(url, fc.constantFrom(...audiences), (text, any) => {
          const found = any.match(text)
          if (!found) return
          const { origin, pathname, username, password } = new URL(text)
          expect(any.resources).to.include(found)
          expect(origin).to.equal(found.origin)
          expect(`${pathname}/`.startsWith(`${found.path}/`)).to.be.true
          expect(username + password).to.equal('')
        }),
        { numRuns: 5_000 },
      )
    })

    it('matches no URL that leaves its resource, however often a server decodes it', () => {
      fc.assert(
        fc.property(tail, (rest) => {
          const text = `https://api.example.com/v2/${rest}`
          if (!audience.match(text)) return
          let path = new URL(text).pathname
          for (let pass = 0; pass < 6; pass += 1) {
            // Another than the parser: it takes backslashes for slashes, and knows dot segments with parameters.
            for (const read of [path, path.replaceAll(/[^ -~]/g, '')]) {
              const segments = read.split(/[\\/]/).map((segment) => segment.replace(/;.*/s, ''))
              if (segments.includes('..')) expect.fail(`${path} leaves its resource`)
            }
            path = path.replaceAll(
              /%c0%([89ab][\da-f])/gi,
              (_, hex: string) => `%${(Number.parseInt(hex, 16) - 128).toString(16).padStart(2, '0')}`,
            )
            path = path.replaceAll(
              /%e0%80%([89ab][\da-f])/gi,
              (_, hex: string) => `%${(Number.parseInt(hex, 16) - 128).toString(16).padStart(2, '0')}`,
            )
            path = path.replaceAll(/%u00/gi, '%')
            path = path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
          }
        }),
        { numRuns: 5_000 },
      )
    })
  })
})
