// KnetikCloud: a person's token at Facebook, good for one use, and refresh tokens from then on.
import { ReauthenticationRequiredError } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import { knetikcloud } from 'tokenflight/providers'
import { knetikcloudEmulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({ host: 'KNETIKCLOUD_HOST', socialToken: 'KNETIKCLOUD_FACEBOOK_TOKEN' })
await using emulator = await startEmulator(knetikcloudEmulator())

const apiFetch = real
  ? wrapFetch(fetch, { provider: knetikcloud, grant: 'facebook', credentials: real })
  : wrapFetch(fetch, {
      provider: emulator.provider,
      grant: 'facebook',
      credentials: { socialToken: emulator.actions.socialToken('facebook') },
    })
const { tokens } = apiFetch
const [root = ''] = tokens.resourceServer.resources

try {
  console.log('Me:', await (await apiFetch(`${root}/me`)).json())
} catch (error) {
  // The social token is used up: the person must log in again.
  if (!(error instanceof ReauthenticationRequiredError)) throw error
  console.log(error.message)
}
