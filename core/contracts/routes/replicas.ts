import * as replicas from '../replicas-api.ts'
import { Nothing, type Routes } from './route.ts'

export const replicaRoutes = {
  putReplica: {
    method: 'POST',
    path: '/v1/replicas',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: replicas.PutReplicaRequest,
    reply: replicas.PutReplicaReply,
  },
  listReplicas: {
    method: 'GET',
    path: '/v1/replicas',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: replicas.ListReplicasReply,
  },
  commandReplica: {
    method: 'POST',
    path: '/v1/replicas/{replicaId}/commands',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: replicas.ReplicaCommandRequest,
    reply: replicas.ReplicaCommandReply,
  },
} as const satisfies Routes
