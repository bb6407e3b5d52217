import axios from 'axios'
import floor from 'axios-floor'
import { expect } from 'chai'
import fc from 'fast-check'
import { axiosUrl } from '../../../lib/clients/axios/axios-internals.ts'
import { allowedUrls } from '../../../lib/request/allowed-urls.ts'
import { overOldestAxios } from '../../support/oldest-axios.ts'

interface Client {
  getUri(config: { baseURL?: string; url?: string; allowAbsoluteUrls?: boolean }): string
}

type Given = readonly [baseURL: string | undefined, url: string | undefined, allowAbsoluteUrls?: boolean | undefined]

const BASE = 'https://api.example.com/v2'

/** The URL axios itself would ask for; undefined where it refuses to. */
function sent(client: Client, [baseURL, url, allowAbsoluteUrls]: Given): string | undefined {
  try {
    return client.getUri({
      ...(baseURL !== undefined && { baseURL }),
      ...(url !== undefined && { url }),
      ...(allowAbsoluteUrls !== undefined && { allowAbsoluteUrls }),
    })
  } catch {
    return undefined
  }
}

const clients = [
  ['axios', axios],
  ['the oldest axios supported', floor],
] as const

describe('axiosUrl', () => {
  const table: readonly Given[] = [
    [BASE, 'messages'],
    [BASE, '/messages'],
    [BASE, '//api.example.com/v2'],
    [BASE, '//evil.test/v2'],
    [BASE, '///evil.test/v2'],
    [BASE, '/\\evil.test'],
    [BASE, '\\\\evil.test'],
    [BASE, '\t//evil.test'],
    [BASE, '\n//evil.test'],
    [BASE, '/\t/evil.test'],
    [BASE, ' https://evil.test'],
    [BASE, 'ht\ttps://evil.test'],
    [BASE, 'https://evil.test/v2'],
    [BASE, 'HTTPS://evil.test/v2'],
    [BASE, 'custom+x-1.0://evil.test'],
    [BASE, '1http://evil.test'],
    [BASE, 'mailto:someone@evil.test'],
    [BASE, 'https:\\\\evil.test'],
    [BASE, '@evil.test'],
    [BASE, '.evil.test'],
    [BASE, ':444/x'],
    [BASE, '../v1'],
    [BASE, '?a=1'],
    [BASE, '#a'],
    [BASE, ''],
    [BASE, undefined],
    [`${BASE}/`, '/messages'],
    [`${BASE}//`, '//'],
    [`${BASE}?x=`, 'messages'],
    ['https://api.example.com', '@evil.test'],
    ['https://api.example.com', '.evil.test'],
    ['/api', 'messages'],
    ['/', 'messages'],
    ['', 'https://api.example.com/v2'],
    ['', 'messages'],
    [undefined, 'https://api.example.com/v2'],
    [undefined, '//evil.test'],
    [undefined, 'messages'],
    [BASE, 'messages', true],
    [BASE, 'https://evil.test', true],
    [BASE, 'messages', false],
    [BASE, '', false],
    ['', 'https://evil.test', false],
    [undefined, '//evil.test', false],
  ]
  for (const [name, client] of clients) {
    for (const given of table) {
      const asked = sent(client, given)
      // Refused by axios: there is nothing to agree on.
      if (asked === undefined) continue
      it(`is the URL that ${name} requests for ${JSON.stringify(given)}`, () => {
        expect(axiosUrl(given[0], given[1], given[2])).to.equal(asked)
      })
    }
  }

  const slashes = overOldestAxios ? it.skip : it
  const unless = overOldestAxios ? ' (skipped: the oldest axios removes only two of them)' : ''
  slashes(`is the URL that axios requests below a base with many slashes${unless}`, () => {
    const given = [`${BASE}////`, '/messages'] as const
    expect(axiosUrl(...given, undefined)).to.equal(sent(axios, given))
  })

  it('accepts a URL object, as axios does', () => {
    expect(axiosUrl(undefined, new URL(BASE), undefined)).to.equal(BASE)
  })

  for (const url of ['https://evil.test/x', '//evil.test/x', 'HTTPS://api.example.com/v2']) {
    it(`is undefined for ${url} where absolute URLs are forbidden`, () => {
      expect(axiosUrl(BASE, url, false)).to.be.undefined
      expect(axiosUrl(BASE, url, 0 as unknown as boolean)).to.be.undefined
    })
  }

  it('sends the token only to the resource, for every combination of baseURL and url', () => {
    const audience = allowedUrls([BASE])
    const pieces = ['https:', 'http:', '//', '/', '\\', '\t', ' ', '@', ':', '?', '#', '..', '.', '%2e%2e', '%2f']
    const text = fc
      .array(fc.constantFrom(...pieces, 'api.example.com', 'evil.test', 'v2', 'v1', BASE), { maxLength: 6 })
      .map((parts) => parts.join(''))
    const base = fc.option(fc.oneof(fc.constant(BASE), text), { nil: undefined })
    fc.assert(
      fc.property(base, text, fc.constantFrom(undefined, true, false), (baseURL, url, allowAbsoluteUrls) => {
        const ours = axiosUrl(baseURL, url, allowAbsoluteUrls)
        const found = ours === undefined ? undefined : audience.match(ours)
        if (!found) return
        for (const [, client] of clients) {
          const asked = sent(client, [baseURL, url, allowAbsoluteUrls])
          if (asked !== undefined) expect(audience.match(asked)).to.equal(found)
        }
        // An adapter of somebody else's may not know the option.
        const asked = sent(axios, [baseURL, url])
        if (asked !== undefined) expect(audience.match(asked)).to.equal(found)
      }),
      { numRuns: 5_000 },
    )
  })
})
