// URLs within the API and outside it, including those that look otherwise.

export const API = 'https://api.example.com/v2'

/** URLs that reach the API. */
export const WITHIN_API: readonly string[] = [
  'https://api.example.com/v2/messages',
  'HTTPS://API.EXAMPLE.COM/v2/messages',
  'https://api.example.com:443/v2',
  'https:\\\\api.example.com\\v2\\messages',
  'https://api.example.com/v1/../v2/messages',
  'https://api.example.com/v2/a%2Fb?to=https://evil.test#@evil.test',
]

/** URLs that lead elsewhere, and relative ones without a base. */
export const OUTSIDE_API: readonly string[] = [
  'https://evil.test/v2/messages',
  '//evil.test/v2/messages',
  '//api.example.com/v2/messages',
  '/\\evil.test/v2',
  '\\\\evil.test/v2',
  '\t//evil.test/v2',
  'ht\ntps://evil.test/v2',
  'https://api.example.com@evil.test/v2',
  'https://api.example.com:443@evil.test/v2',
  'https://someone@api.example.com/v2',
  'https://someone:secret@api.example.com/v2',
  'https://evil.test\\@api.example.com/v2',
  'https://api.example.com./v2',
  'https://api.example.com:8443/v2',
  'https://api.example.com:80/v2',
  'http://api.example.com/v2',
  'wss://api.example.com/v2',
  'https://api.example.com.evil.test/v2',
  'https://evil-api.example.com/v2',
  'https://sub.api.example.com/v2',
  'https://example.com/v2',
  'https://аpi.example.com/v2',
  'https://xn--pi-7kc.example.com/v2',
  'https://[::1]/v2',
  'https://[::ffff:7f00:1]/v2',
  'https://api.example.com/',
  'https://api.example.com/v20',
  'https://api.example.com/v2/../v1',
  'https://api.example.com/v2/%2e%2e/v1',
  'https://api.example.com/v2/..%2fv1',
  'https://api.example.com/v2/..%5cv1',
  'https://api.example.com/v2/%252e%252e/v1',
  'https://api.example.com/v2\\..\\v1',
  'data:text/plain,https://api.example.com/v2',
  'blob:https://api.example.com/v2',
  '',
  '/v2/messages',
]
