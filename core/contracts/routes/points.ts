import * as gateway from '../gateway-api.ts'
import * as holds from '../holds-api.ts'
import * as people from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const pointRoutes = {
  missingPoints: {
    method: 'POST',
    path: '/v1/repositories/{repositoryId}/missing-points',
    audience: 'gateway',
    query: Nothing,
    body: gateway.MissingPointsRequest,
    reply: gateway.MissingPointsReply,
  },
  putPoints: {
    method: 'PUT',
    path: '/v1/repositories/{repositoryId}/points',
    audience: 'gateway',
    query: Nothing,
    body: gateway.PutPointsRequest,
    reply: gateway.PutPointsReply,
  },
  deletePoint: {
    method: 'DELETE',
    path: '/v1/points/{pointId}',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.DeletePointRequest,
    reply: holds.DeletePointReply,
  },
  listPoints: {
    method: 'GET',
    path: '/v1/points',
    audience: 'person',
    role: 'viewer',
    query: people.ListPointsQuery,
    body: Nothing,
    reply: people.ListPointsReply,
  },
} as const satisfies Routes
