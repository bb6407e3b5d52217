import { expect } from 'chai'
import {
  type ReceivedRequest,
  basicOf,
  bearerOf,
  formDecode,
  grantOf,
  readForm,
  readJson,
  readObject,
  readQuery,
} from '../../lib/testing/server/request.ts'

function request(body: string, type = 'application/x-www-form-urlencoded', query = '', headers = {}): ReceivedRequest {
  const all = { ...(type && { 'content-type': type }), ...headers }
  const bytes = Buffer.from(body)
  return { method: 'POST', path: '/', query: new URLSearchParams(query), headers: all, bytes, body, at: 0 }
}

describe('readForm(request, allowed)', () => {
  const fields = ['a', 'b']

  it('decodes fields', () => {
    const { fields: found } = readForm(
      request('a=1+2%263&b=%C3%A9', 'Application/X-WWW-Form-Urlencoded; charset=utf-8'),
      { fields },
    )
    expect([found?.get('a'), found?.get('b'), found?.get('c')]).to.deep.equal(['1 2&3', 'é', undefined])
  })

  const refused: readonly [what: string, request: ReceivedRequest, problem: RegExp][] = [
    ['another media type', request('a=1', 'application/json'), /must be application\/x-www-form-urlencoded/],
    ['no media type', request('a=1', ''), /must be/],
    ['a query as well', request('a=1', undefined, 'b=2'), /query/],
    ['a field that is not allowed', request('a=1&c=2'), /Unknown parameter c/],
    ['a field without a value', request('a='), /a is empty/],
    ['a field that comes twice', request('a=1&a=1'), /a came twice/],
    ['a broken escape', request('a=%G1'), /not form-encoded/],
    ['an escape that is no UTF-8', request('a=%FF'), /not form-encoded/],
    ['a character that should have been escaped', request('a=é'), /not form-encoded/],
    ['a space that should have been escaped', request('a=1 2'), /not form-encoded/],
    ['a pair without an equals sign', request('a'), /not form-encoded/],
    ['an empty pair', request('a=1&&b=2'), /not form-encoded/],
  ]
  for (const [what, request, problem] of refused) {
    it(`rejects ${what}`, () => {
      expect(readForm(request, { fields }).problem).to.match(problem)
    })
  }

  it('accepts repeated and empty fields where they are allowed', () => {
    const allowed = { fields, repeatable: ['a'], mayBeEmpty: ['b'] }
    const { fields: found } = readForm(request('a=1&a=2&b='), allowed)
    expect([found?.all('a'), found?.has('b')]).to.deep.equal([['1', '2'], false])
  })
})

describe('readJson(request, allowed)', () => {
  const read = (body: string, type = 'application/json', query = '') =>
    readJson(request(body, type, query), { fields: ['a', 'b'], nullable: ['b'] })

  it('reads text, and null as absent where that is allowed', () => {
    const { fields } = read('{"a":"1","b":null}')
    expect([fields?.get('a'), fields?.has('b')]).to.deep.equal(['1', false])
  })

  const refused: readonly [body: string, problem: RegExp][] = [
    ['{"a":"1"', /not a JSON object/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['', /not a JSON object/],
    ['{"a":1}', /a must be a string/],
    ['{"a":null}', /a must be a string/],
    ['{"a":""}', /a is empty/],
    ['{"c":"1"}', /Unknown parameter c/],
  ]
  for (const [body, problem] of refused) {
    it(`rejects ${body || 'an empty body'}`, () => {
      expect(read(body).problem).to.match(problem)
    })
  }

  it('rejects another media type and a query', () => {
    expect(read('{}', 'text/plain').problem).to.match(/application\/json/)
    expect(read('{}', undefined, 'a=1').problem).to.match(/query/)
  })
})

describe('readObject(request, allowed)', () => {
  it('reads values of any type, and rejects unknown fields', () => {
    const json = request('{"a":[1]}', 'application/json')
    expect(readObject(json).object).to.deep.equal({ a: [1] })
    expect(readObject(json, ['b']).problem).to.equal('Unknown field a')
  })
})

describe('readQuery(request, allowed)', () => {
  it('reads the query of a request, and only without a body', () => {
    expect(readQuery(request('', '', 'a=1'), { fields: ['a'] }).fields?.get('a')).to.equal('1')
    expect(readQuery(request('x', '', 'a=1'), { fields: ['a'] }).problem).to.match(/body as well/)
  })
})

describe('grantOf(request)', () => {
  it('reads the grant from a form, JSON or a query, and recognises a refresh by its only field', () => {
    const grants = [
      request('grant_type=password&x=1'),
      request('{"grant_type":"mfa"}', 'application/json'),
      request('', '', 'grant_type=refresh_token'),
      request('{"refresh":"R"}', 'application/json'),
      request('{"grant_type":1}', 'application/json'),
      request('not JSON', 'application/json'),
    ].map(grantOf)
    expect(grants).to.deep.equal(['password', 'mfa', 'refresh_token', 'refresh_token', undefined, undefined])
  })
})

describe('basicOf(request) and bearerOf(request)', () => {
  const header = (authorization: string): ReceivedRequest => request('', '', '', { authorization })

  it('read user and password up to the first colon, byte for byte', () => {
    const coded = Buffer.from('app:s:/+é').toString('base64')
    expect(basicOf(header(`Basic ${coded}`))).to.deep.equal(['app', 's:/+é'])
    expect([basicOf(header('Basic !')), basicOf(header('Basic YQ==')), basicOf(header('Bearer YQ=='))]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('read one token without spaces', () => {
    expect([bearerOf(header('bearer a~6')), bearerOf(header('Bearer a b')), bearerOf(header('Bearer'))]).to.deep.equal([
      'a~6',
      undefined,
      undefined,
    ])
  })
})

describe('formDecode(text)', () => {
  it('decodes form encoding, and returns undefined for invalid text', () => {
    expect(['a+b%26', '%', 'ü'].map(formDecode)).to.deep.equal(['a b&', undefined, undefined])
  })
})
