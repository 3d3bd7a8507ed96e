import * as region from '../region-api.ts'
import { Nothing, type Routes } from './route.ts'

export const regionRoutes = {
  getRegion: {
    method: 'GET',
    path: '/v1/region',
    summary: 'Tells which region is active and which one answers.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: region.RegionReply,
  },
  takeOverRegion: {
    method: 'POST',
    path: '/v1/region/take-over',
    summary: 'Makes this region the active one.',
    errors: ['REGION_NOT_CONFIRMED', 'REGION_ALONE'],
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: region.TakeOverRequest,
    reply: region.TakeOverReply,
  },
} as const satisfies Routes
