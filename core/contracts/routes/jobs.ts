import * as gateway from '../gateway-api.ts'
import { Nothing, type Routes } from './route.ts'

export const jobRoutes = {
  heartbeat: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/heartbeat',
    audience: 'gateway',
    query: Nothing,
    body: gateway.HeartbeatRequest,
    reply: gateway.HeartbeatReply,
  },
  confirmRemoval: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/removals',
    audience: 'gateway',
    query: Nothing,
    body: gateway.ConfirmRemovalRequest,
    reply: gateway.ConfirmRemovalReply,
  },
  result: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/result',
    audience: 'gateway',
    query: Nothing,
    body: gateway.ResultRequest,
    reply: gateway.ResultReply,
  },
} as const satisfies Routes
