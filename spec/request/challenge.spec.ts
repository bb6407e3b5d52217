import { expect } from 'chai'
import fc from 'fast-check'
import { parseChallenges, classifyChallenge, type ChallengeKind } from '../../lib/request/classify-response.ts'

/** Challenges as a spec writes them: `['bearer', { error: 'invalid_token' }]`. */
type Plain = readonly [scheme: string, parameters: Readonly<Record<string, string>>]

const plain = (header: string): Plain[] =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

describe('parseChallenges', () => {
  const read: readonly (readonly [claim: string, header: string, challenges: readonly Plain[]])[] = [
    ['a scheme alone', 'Bearer', [['bearer', {}]]],
    [
      'tokens and quoted text',
      'Bearer realm="a b", error=invalid_token',
      [['bearer', { realm: 'a b', error: 'invalid_token' }]],
    ],
    ['names in any case', 'BEARER Realm=X, ERROR=Y', [['bearer', { realm: 'X', error: 'Y' }]]],
    ['commas and equal signs within quotes', 'Bearer realm="a, Basic b=c"', [['bearer', { realm: 'a, Basic b=c' }]]],
    [
      'escapes within quotes',
      String.raw`Bearer realm="a\"b\\c", error="x"`,
      [['bearer', { realm: 'a"b\\c', error: 'x' }]],
    ],
    ['empty quotes', 'Bearer realm="", error=x', [['bearer', { realm: '', error: 'x' }]]],
    ['spaces around the equal sign', 'Bearer realm = "a" ,\terror\t=\t"x"', [['bearer', { realm: 'a', error: 'x' }]]],
    ['empty list elements', ', ,Bearer realm=a,, error=x,', [['bearer', { realm: 'a', error: 'x' }]]],
    [
      'several challenges in one header',
      'Basic realm="a", Bearer realm="b", error="x", Negotiate',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { realm: 'b', error: 'x' }],
        ['negotiate', {}],
      ],
    ],
    [
      'several headers joined by commas',
      'Digest realm="a", qop="auth,auth-int", Bearer error="x"',
      [
        ['digest', { realm: 'a', qop: 'auth,auth-int' }],
        ['bearer', { error: 'x' }],
      ],
    ],
    [
      'the same scheme twice',
      'Bearer error=a, Bearer error=b',
      [
        ['bearer', { error: 'a' }],
        ['bearer', { error: 'b' }],
      ],
    ],
    [
      'token68 as no scheme',
      'Negotiate bearer, NTLM TlRM/+~-._==, Bearer error=x',
      [
        ['negotiate', {}],
        ['ntlm', { 'tlrm/+~-._': '' }],
        ['bearer', { error: 'x' }],
      ],
    ],
    ['the first of a parameter given twice', 'Bearer error=a, error=b', [['bearer', { error: 'a' }]]],
    ['parameters without commas', 'Bearer realm="a" error="x"', [['bearer', { realm: 'a', error: 'x' }]]],
    [
      'a scheme without a comma before it',
      'Basic realm="a" Bearer error="x"',
      [
        ['basic', { realm: 'a' }],
        ['bearer', { error: 'x' }],
      ],
    ],
    [
      'a scheme without a comma after a token68',
      'Negotiate YII Bearer error="x"',
      [
        ['negotiate', {}],
        ['bearer', { error: 'x' }],
      ],
    ],
    ['no parameters without a scheme', 'error="invalid_token"', []],
    ['no quoted text outside a parameter', '"Bearer error=x", Basic', [['basic', {}]]],
    ['an unterminated quoted string', 'Bearer error="invalid_tok', [['bearer', { error: 'invalid_tok' }]]],
    ['an unterminated escape', 'Bearer error="x\\', [['bearer', { error: 'x' }]]],
    ['nothing', '', []],
    ['punctuation', ',,= =,"",\t=', []],
    [
      'names of properties that every object has',
      'Bearer __proto__=a, error=x',
      [
        [
          'bearer',
          Object.fromEntries([
            ['__proto__', 'a'],
            ['error', 'x'],
          ]),
        ],
      ],
    ],
  ]
  for (const [claim, header, challenges] of read) {
    it(`reads ${claim}`, () => {
      expect(plain(header)).to.deep.equal(challenges)
    })
  }

  const token = fc.stringMatching(/^[\w!#$%&'*+.^`|~-]{1,12}$/)
  const space = fc.stringMatching(/^[ \t]{0,3}$/)
  const challenge = fc.record({
    scheme: token,
    parameters: fc.uniqueArray(
      fc.record({
        name: token,
        value: fc.string({ unit: 'binary-ascii', maxLength: 20 }),
        before: space,
        after: space,
      }),
      { selector: ({ name }) => name.toLowerCase(), maxLength: 4 },
    ),
  })

  it('reads any challenges in the syntax of RFC 9110', () => {
    const write = ({ scheme, parameters }: typeof challenge extends fc.Arbitrary<infer C> ? C : never): string =>
      `${scheme} ${parameters
        .map(({ name, value, before, after }) => `${name}${before}=${after}"${value.replace(/["\\]/g, '\\$&')}"`)
        .join(', ')}`
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        expect(plain(challenges.map(write).join(', '))).to.deep.equal(
          challenges.map(({ scheme, parameters }) => [
            scheme.toLowerCase(),
            Object.fromEntries(parameters.map(({ name, value }) => [name.toLowerCase(), value])),
          ]),
        )
      }),
    )
  })

  describe('given a hostile server (fault 77)', () => {
    const pieces = [
      '"',
      '\\',
      ',',
      '=',
      ' ',
      '\t',
      'a',
      'a=',
      'a="',
      '",',
      'Bearer ',
      'Bearer error=',
      '\\"',
      '\u0000',
      'ÿ',
      '%',
      '😀',
    ]
    const mess = fc.oneof(
      fc.string({ maxLength: 400 }),
      fc.array(fc.constantFrom(...pieces), { maxLength: 200 }).map((parts) => parts.join('')),
    )

    it('never throws', () => {
      fc.assert(
        fc.property(mess, (header) => {
          parseChallenges(header)
          classifyChallenge(401, header)
        }),
        { numRuns: 1_000 },
      )
    })

    it('reads each character a bounded number of times, for any repetitive text', () => {
      fc.assert(
        fc.property(mess, fc.integer({ min: 1, max: 64 }), (part, times) => {
          const header = part.repeat(times)
          expect(stepsOf(header)).to.be.at.most(8 * header.length + 8)
        }),
      )
    })

    for (const piece of pieces) {
      it(`takes at most twice the steps for twice as many ${JSON.stringify(piece)}`, () => {
        for (const times of [64, 128, 256, 512]) {
          expect(stepsOf(piece.repeat(times * 2))).to.be.at.most(2 * stepsOf(piece.repeat(times)) + 16)
        }
      })
    }

    // Fault 77
    it('reads at most 16 KiB', () => {
      const limit = 16_384
      expect(plain(`${' '.repeat(limit - 6)}Bearer error=x`)).to.deep.equal([['bearer', {}]])
      expect(plain(`${' '.repeat(limit)}Bearer error=x`)).to.deep.equal([])
      expect(stepsOf('a=",'.repeat(1_000_000))).to.equal(stepsOf('a=",'.repeat(limit / 4)))
    })
  })
})

/** How many characters the parser looks at or copies. */
function stepsOf(header: string): number {
  let steps = 0
  const watched = (text: string): unknown => ({
    length: text.length,
    charAt(at: number) {
      steps += 1
      return text.charAt(at)
    },
    slice(from: number, to: number) {
      steps += to - from
      return text.slice(from, to)
    },
  })
  parseChallenges({ slice: (from: number, to: number) => watched(header.slice(from, to)) } as unknown as string)
  return steps
}

describe('classifyChallenge(status, header, scheme)', () => {
  const table: readonly (readonly [status: number, header: string | null | undefined, verdict: ChallengeKind])[] = [
    // Fault 47
    [401, null, 'renew'],
    [401, undefined, 'renew'],
    [401, '', 'renew'],
    [401, 'Bearer', 'renew'],
    [401, 'bearer realm="api"', 'renew'],
    [401, 'Bearer error="invalid_token"', 'renew'],
    [401, 'Bearer error="INVALID_TOKEN"', 'renew'],
    [401, 'Bearer error="invalid_request"', 'renew'],
    [401, 'Bearer error="token_expired"', 'renew'],
    // Fault 44
    [401, 'Bearer error="insufficient_scope", scope="sms"', 'insufficient_scope'],
    [403, 'Bearer error="insufficient_scope"', 'insufficient_scope'],
    [401, 'Bearer error="insufficient_user_authentication", acr_values="x"', 'insufficient_user_authentication'],
    [401, 'BEARER ERROR=Insufficient_Scope', 'insufficient_scope'],
    // Fault 45
    [401, 'Basic realm="proxy"', 'other_scheme'],
    [401, 'Negotiate', 'other_scheme'],
    [401, 'Negotiate YII=, NTLM', 'other_scheme'],
    [401, 'Basic realm="Bearer error=invalid_token"', 'other_scheme'],
    [401, 'Basic error="invalid_token"', 'other_scheme'],
    // Fault 46
    [401, 'Basic realm="a", Bearer realm="b"', 'renew'],
    [401, 'Bearer, Basic', 'renew'],
    [401, 'Basic error="insufficient_scope", Bearer error="invalid_token"', 'renew'],
    [401, 'Bearer error="insufficient_scope", Bearer error="invalid_token"', 'renew'],
    [401, 'Bearer realm="a", Bearer error="insufficient_scope"', 'insufficient_scope'],
    [401, 'Bearer error="insufficient_scope', 'insufficient_scope'],
    [401, 'Bearer error=', 'renew'],
    [401, 'Bearer =,"', 'renew'],
    [401, ',,,', 'renew'],
    [401, '"Bearer"', 'renew'],
    [401, 'error="insufficient_scope"', 'renew'],
    [401, 'Bearer error="constructor"', 'renew'],
    [401, 'Bearer error="__proto__"', 'renew'],
    // Fault 78: nothing but the scheme and its error is read.
    [401, 'Bearer resource_metadata="http://169.254.169.254/"', 'renew'],
    // Fault 105
    [403, null, 'forbidden'],
    [403, 'Bearer', 'forbidden'],
    [403, 'Basic', 'forbidden'],
    [403, 'Bearer error="invalid_token"', 'renew'],
    [400, 'Bearer error="invalid_token"', 'renew'],
    [400, 'Bearer error="invalid_request"', 'not-rejected'],
    [404, undefined, 'not-rejected'],
    [429, 'Bearer', 'not-rejected'],
    [500, '', 'not-rejected'],
  ]
  for (const [status, header, expected] of table) {
    it(`is ${expected} for ${String(status)} with ${header === '' ? 'an empty challenge' : (header ?? `${String(header)} challenge`)}`, () => {
      expect(classifyChallenge(status, header)).to.equal(expected)
    })
  }

  it('compares challenges with the scheme of the token', () => {
    expect(classifyChallenge(401, 'Token realm="api"', 'token')).to.equal('renew')
    expect(classifyChallenge(401, 'Bearer error="insufficient_scope", DPoP error="invalid_token"', 'dpop')).to.equal(
      'renew',
    )
    expect(classifyChallenge(401, 'Bearer', 'dpop')).to.equal('other_scheme')
  })
})
