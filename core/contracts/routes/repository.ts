import * as holds from '../holds-api.ts'
import * as repository from '../repository-api.ts'
import { PageQuery } from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const repositoryRoutes = {
  getRepository: {
    method: 'GET',
    path: '/v1/repository',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: repository.RepositoryView,
  },
  putMaintenanceSchedule: {
    method: 'PUT',
    path: '/v1/repository/schedule',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: repository.MaintenanceSchedule,
    reply: repository.PutMaintenanceScheduleReply,
  },
  listHolds: {
    method: 'GET',
    path: '/v1/holds',
    audience: 'person',
    role: 'viewer',
    query: PageQuery,
    body: Nothing,
    reply: holds.ListHoldsReply,
  },
  placeHold: {
    method: 'POST',
    path: '/v1/holds',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.PlaceHoldRequest,
    reply: holds.PlaceHoldReply,
  },
  releaseHold: {
    method: 'POST',
    path: '/v1/holds/release',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.ReleaseHoldRequest,
    reply: holds.ReleaseHoldReply,
  },
} as const satisfies Routes
