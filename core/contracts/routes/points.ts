import * as bootChecks from '../boot-checks-api.ts'
import * as gateway from '../gateway-api.ts'
import * as holds from '../holds-api.ts'
import * as replicated from '../replicated-points.ts'
import * as people from '../runs-api.ts'
import * as vms from '../vms-api.ts'
import { Nothing, type Routes } from './route.ts'

export const pointRoutes = {
  missingPoints: {
    method: 'POST',
    path: '/v1/repositories/{repositoryId}/missing-points',
    summary: 'Tells which recovery points of the repository the catalog does not know.',
    audience: 'gateway',
    query: Nothing,
    body: gateway.MissingPointsRequest,
    reply: gateway.MissingPointsReply,
  },
  knownPoints: {
    method: 'POST',
    path: '/v1/repositories/{repositoryId}/known-points',
    summary: 'Tells which recovery points the catalog knows, page by page.',
    audience: 'gateway',
    query: Nothing,
    body: gateway.KnownPointsRequest,
    reply: gateway.KnownPointsReply,
  },
  gonePoints: {
    method: 'POST',
    path: '/v1/repositories/{repositoryId}/gone-points',
    summary: 'Tells that recovery points are no longer in the repository.',
    audience: 'gateway',
    query: Nothing,
    body: gateway.GonePointsRequest,
    reply: gateway.GonePointsReply,
  },
  putPoints: {
    method: 'PUT',
    path: '/v1/repositories/{repositoryId}/points',
    summary: 'Enters recovery points that a gateway found in the repository.',
    errors: ['CATALOG_INVALID'],
    audience: 'gateway',
    query: Nothing,
    body: gateway.PutPointsRequest,
    reply: gateway.PutPointsReply,
  },
  putReplicated: {
    method: 'PUT',
    path: '/v1/repositories/{repositoryId}/replicated-points',
    summary:
      'Enters which recovery points could be restored from the second copy of the repository alone.',
    audience: 'gateway',
    query: Nothing,
    body: replicated.PutReplicatedRequest,
    reply: replicated.PutReplicatedReply,
  },
  deletePoint: {
    method: 'DELETE',
    path: '/v1/points/{pointId}',
    summary: 'Asks for a recovery point to be removed, once no lock and no hold keeps it.',
    errors: ['POINT_KEPT'],
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: holds.DeletePointRequest,
    reply: holds.DeletePointReply,
  },
  acknowledgeChange: {
    method: 'POST',
    path: '/v1/points/{pointId}/acknowledge',
    summary:
      'Says why a recovery point is unusual: it is told as a problem no more, and its history keeps both.',
    errors: ['POINT_NOT_FOUND', 'NOTHING_UNUSUAL'],
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: vms.AcknowledgeRequest,
    reply: vms.AcknowledgeReply,
  },
  listPoints: {
    method: 'GET',
    path: '/v1/points',
    summary:
      'Lists recovery points, newest first; of one virtual machine, or one point alone, where it is named.',
    errors: ['VM_NOT_FOUND', 'POINT_NOT_FOUND'],
    audience: 'person',
    role: 'viewer',
    query: people.ListPointsQuery,
    body: Nothing,
    reply: people.ListPointsReply,
  },
  listBootChecks: {
    method: 'GET',
    path: '/v1/boot-checks',
    summary: 'Lists of each virtual machine the newest boot check, and what it proves.',
    audience: 'person',
    role: 'viewer',
    query: bootChecks.ListBootChecksQuery,
    body: Nothing,
    reply: bootChecks.ListBootChecksReply,
  },
} as const satisfies Routes
