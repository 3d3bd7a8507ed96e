import * as gateway from '../gateway-api.ts'
import * as gateways from '../gateways-api.ts'
import * as people from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const gatewayRoutes = {
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
  listGateways: {
    method: 'GET',
    path: '/v1/gateways',
    audience: 'person',
    role: 'viewer',
    query: people.PageQuery,
    body: Nothing,
    reply: people.ListGatewaysReply,
  },
  revokeGateway: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/revoke',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: Nothing,
    reply: gateways.RevokeGatewayReply,
  },
  renameGateway: {
    method: 'POST',
    path: '/v1/gateways/{gatewayId}/rename',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: gateways.RenameGatewayRequest,
    reply: gateways.RenameGatewayReply,
  },
  setGateway: {
    method: 'PUT',
    path: '/v1/gateways/{gatewayId}',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: people.SetGatewayRequest,
    reply: people.SetGatewayReply,
  },
  createEnrolmentCode: {
    method: 'POST',
    path: '/v1/enrolment-codes',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: Nothing,
    reply: people.CreateEnrolmentCodeReply,
  },
} as const satisfies Routes
