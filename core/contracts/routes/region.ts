import * as region from '../region-api.ts'
import { Nothing, type Routes } from './route.ts'

export const regionRoutes = {
  getRegion: {
    method: 'GET',
    path: '/v1/region',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: region.RegionReply,
  },
  takeOverRegion: {
    method: 'POST',
    path: '/v1/region/take-over',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: region.TakeOverRequest,
    reply: region.TakeOverReply,
  },
} as const satisfies Routes
