import axios from 'axios'
import { requestToken, axiosDefaults, type Contender } from '../contender.ts'

export const axiosFloor: Contender = {
  name: 'axios, static header',
  client: 'axios',
  package: 'axios',
  floor: true,
  cannot: ['keep the token from other origins', 'get, renew or replace a token'],
  make: async (environment) => {
    const { access_token } = await requestToken(environment)
    const instance = axios.create({
      ...axiosDefaults(environment),
      headers: { Authorization: `Bearer ${access_token}` },
    })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
