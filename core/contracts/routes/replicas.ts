import * as replicas from '../replicas-api.ts'
import { PageQuery } from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const replicaRoutes = {
  putReplica: {
    method: 'POST',
    path: '/v1/replicas',
    summary: 'Gives a virtual machine a standby in another pool, or changes the one it has.',
    errors: [
      'VM_NOT_FOUND',
      'VM_AMBIGUOUS',
      'POOL_NOT_FOUND',
      'SR_NOT_FOUND',
      'COMPONENT_AMBIGUOUS',
    ],
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: replicas.PutReplicaRequest,
    reply: replicas.PutReplicaReply,
  },
  listReplicas: {
    method: 'GET',
    path: '/v1/replicas',
    summary: 'Lists the standbys in other pools and how they stand.',
    audience: 'person',
    role: 'viewer',
    query: PageQuery,
    body: Nothing,
    reply: replicas.ListReplicasReply,
  },
  commandReplica: {
    method: 'POST',
    path: '/v1/replicas/{replicaId}/commands',
    summary:
      'Does something with a standby: a round, a failover, a failback, a test, stop or resume.',
    errors: [
      'REPLICA_BUSY',
      'REPLICA_PHASE',
      'STANDBY_EMPTY',
      'SOURCE_RUNS',
      'STANDBY_RUNS',
      'POINT_NOT_FOUND',
      'GATEWAY_SILENT',
      'WORKFLOW_UNAVAILABLE',
    ],
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: replicas.ReplicaCommandRequest,
    reply: replicas.ReplicaCommandReply,
  },
} as const satisfies Routes
