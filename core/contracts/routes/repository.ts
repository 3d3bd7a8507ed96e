import * as holds from '../holds-api.ts'
import * as repository from '../repository-api.ts'
import { PageQuery } from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const repositoryRoutes = {
  getRepository: {
    method: 'GET',
    path: '/v1/repository',
    summary: 'Tells how the repository stands and when it was looked after last.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: repository.RepositoryView,
  },
  putMaintenanceSchedule: {
    method: 'PUT',
    path: '/v1/repository/schedule',
    summary: 'Says when the repository is looked after.',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: repository.MaintenanceSchedule,
    reply: repository.PutMaintenanceScheduleReply,
  },
  listHolds: {
    method: 'GET',
    path: '/v1/holds',
    summary: 'Lists the legal holds.',
    audience: 'person',
    role: 'viewer',
    query: PageQuery,
    body: Nothing,
    reply: holds.ListHoldsReply,
  },
  placeHold: {
    method: 'POST',
    path: '/v1/holds',
    summary: 'Places a legal hold: what it covers is not removed while it stands.',
    errors: ['POINT_NOT_FOUND'],
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.PlaceHoldRequest,
    reply: holds.PlaceHoldReply,
  },
  releaseHold: {
    method: 'POST',
    path: '/v1/holds/release',
    summary: 'Releases a legal hold.',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.ReleaseHoldRequest,
    reply: holds.ReleaseHoldReply,
  },
} as const satisfies Routes
