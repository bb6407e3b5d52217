import axios from 'axios'
import { askToken, axiosDefaults, type Contender } from '../contender.ts'

export const axiosFloor: Contender = {
  name: 'axios, static header',
  client: 'axios',
  package: 'axios',
  floor: true,
  cannot: ['keep the token from other origins', 'get, renew or replace a token'],
  make: async (stage) => {
    const { access_token } = await askToken(stage)
    const instance = axios.create({
      ...axiosDefaults(stage),
      headers: { Authorization: `Bearer ${access_token}` },
    })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
