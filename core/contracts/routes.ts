import { z } from 'zod'
import * as gateway from './gateway-api.ts'
import * as replicas from './replicas-api.ts'
import * as people from './runs-api.ts'

const Nothing = z.strictObject({})

/** Who may call: a gateway with its signed token, a person, or anyone who holds a one-time code. */
export type Audience = 'gateway' | 'person' | 'code'

/** Path parameters stand in braces. `query` and `body` refuse unknown members; in a `reply` they are passed over (read-reply.ts). */
export const routes = {
  enrol: {
    method: 'POST',
    path: '/v1/enrolments',
    audience: 'code',
    query: Nothing,
    body: gateway.EnrolRequest,
    reply: gateway.EnrolReply,
  },
  lease: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/lease',
    audience: 'gateway',
    query: Nothing,
    body: gateway.LeaseRequest,
    reply: gateway.LeaseReply,
  },
  credentials: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/credentials',
    audience: 'gateway',
    query: Nothing,
    body: gateway.CredentialsRequest,
    reply: gateway.CredentialsReply,
  },
  openJobs: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/open-jobs',
    audience: 'gateway',
    query: Nothing,
    body: gateway.OpenJobsRequest,
    reply: gateway.OpenJobsReply,
  },
  putInventory: {
    method: 'PUT',
    path: '/v1/gateways/{gatewayId}/inventory',
    audience: 'gateway',
    query: Nothing,
    body: gateway.InventoryRequest,
    reply: gateway.InventoryReply,
  },
  heartbeat: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/heartbeat',
    audience: 'gateway',
    query: Nothing,
    body: gateway.HeartbeatRequest,
    reply: gateway.HeartbeatReply,
  },
  result: {
    method: 'POST',
    path: '/v1/jobs/{jobId}/result',
    audience: 'gateway',
    query: Nothing,
    body: gateway.ResultRequest,
    reply: gateway.ResultReply,
  },
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
  listVms: {
    method: 'GET',
    path: '/v1/vms',
    audience: 'person',
    query: people.ListVmsQuery,
    body: Nothing,
    reply: people.ListVmsReply,
  },
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    audience: 'person',
    query: Nothing,
    body: people.StartRunRequest,
    reply: people.StartRunReply,
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    audience: 'person',
    query: people.PageQuery,
    body: Nothing,
    reply: people.ListRunsReply,
  },
  getRun: {
    method: 'GET',
    path: '/v1/runs/{runId}',
    audience: 'person',
    query: people.PageQuery,
    body: Nothing,
    reply: people.GetRunReply,
  },
  cancelRun: {
    method: 'POST',
    path: '/v1/runs/{runId}/cancel',
    audience: 'person',
    query: Nothing,
    body: Nothing,
    reply: people.CancelRunReply,
  },
  listPoints: {
    method: 'GET',
    path: '/v1/points',
    audience: 'person',
    query: people.ListPointsQuery,
    body: Nothing,
    reply: people.ListPointsReply,
  },
  listGateways: {
    method: 'GET',
    path: '/v1/gateways',
    audience: 'person',
    query: people.PageQuery,
    body: Nothing,
    reply: people.ListGatewaysReply,
  },
  putReplica: {
    method: 'POST',
    path: '/v1/replicas',
    audience: 'person',
    query: Nothing,
    body: replicas.PutReplicaRequest,
    reply: replicas.PutReplicaReply,
  },
  listReplicas: {
    method: 'GET',
    path: '/v1/replicas',
    audience: 'person',
    query: Nothing,
    body: Nothing,
    reply: replicas.ListReplicasReply,
  },
  commandReplica: {
    method: 'POST',
    path: '/v1/replicas/{replicaId}/commands',
    audience: 'person',
    query: Nothing,
    body: replicas.ReplicaCommandRequest,
    reply: replicas.ReplicaCommandReply,
  },
  createEnrolmentCode: {
    method: 'POST',
    path: '/v1/enrolment-codes',
    audience: 'person',
    query: Nothing,
    body: Nothing,
    reply: people.CreateEnrolmentCodeReply,
  },
} as const satisfies Record<
  string,
  {
    method: 'GET' | 'POST' | 'PUT'
    path: string
    audience: Audience
    query: z.ZodType
    body: z.ZodType
    reply: z.ZodType
  }
>

export type RouteName = keyof typeof routes
