// A client generated from an OpenAPI document (typescript-axios) takes an axios instance: give it the attached one.
import { MetadataApi } from '@ory/keto-client'
import axios from 'axios'
import { attachBearer } from 'tokenflight/axios'
import { oauth2Emulator, startEmulator } from 'tokenflight/testing'

const version = { body: { version: '26.1' }, status: 200 }
await using emulator = await startEmulator(oauth2Emulator(), { resources: { 'GET /version': () => version } })
const { provider, credentials, api } = emulator

const instance = axios.create()
attachBearer(instance, { provider, grant: 'client_credentials', credentials })

// It is CommonJS: TypeScript sees the types of axios twice, though there is one axios.
type Instance = ConstructorParameters<typeof MetadataApi>[2]
const metadata = new MetadataApi(undefined, api, instance as unknown as Instance)
console.log('Version', (await metadata.getVersion()).data.version)
