// The errors of the library as consoles, logs and other copies of the library see them.
import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  OAuthError,
  PromptRequiredError,
  ReauthenticationRequiredError,
  type TokenError,
  TokenRequestError,
  TokenResponseError,
} from '../lib/index.ts'

const ERRORS: Readonly<Record<string, TokenError>> = {
  OAuthError: new OAuthError('as', 'no', { error: 'invalid_grant', status: 400 }),
  PromptRequiredError: new PromptRequiredError('as', 'no', () => Promise.resolve()),
  ReauthenticationRequiredError: new ReauthenticationRequiredError('as', 'no'),
  TokenRequestError: new TokenRequestError('as', 'no', { reason: 'timeout' }),
  TokenResponseError: new TokenResponseError('as', 'no', { reason: 'no_token', status: 200 }),
}

for (const [name, error] of Object.entries(ERRORS)) {
  describe(name, () => {
    it('begins with its name, when printed, logged and converted to text', () => {
      expect(error.name).to.equal(name)
      for (const text of [error.stack, inspect(error), String(error)])
        expect(text?.split('\n')[0]).to.match(new RegExp(`^${name}: as: no\\b`))
    })

    it('has its name in its JSON', () => {
      expect(JSON.parse(JSON.stringify(error))).to.include({ name, message: 'as: no' })
    })
  })
}
