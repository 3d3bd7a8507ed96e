import * as people from '../runs-api.ts'
import { Nothing, type Routes } from './route.ts'

export const runRoutes = {
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: people.StartRunRequest,
    reply: people.StartRunReply,
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    audience: 'person',
    role: 'viewer',
    query: people.PageQuery,
    body: Nothing,
    reply: people.ListRunsReply,
  },
  getRun: {
    method: 'GET',
    path: '/v1/runs/{runId}',
    audience: 'person',
    role: 'viewer',
    query: people.PageQuery,
    body: Nothing,
    reply: people.GetRunReply,
  },
  approveRun: {
    method: 'POST',
    path: '/v1/runs/{runId}/approve',
    audience: 'person',
    role: 'operator', // what this very run takes, it says itself
    query: Nothing,
    body: Nothing,
    reply: people.ApproveRunReply,
  },
  declineRun: {
    method: 'POST',
    path: '/v1/runs/{runId}/decline',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: people.DeclineRunRequest,
    reply: people.DeclineRunReply,
  },
  cancelRun: {
    method: 'POST',
    path: '/v1/runs/{runId}/cancel',
    audience: 'person',
    role: 'operator',
    query: Nothing,
    body: Nothing,
    reply: people.CancelRunReply,
  },
} as const satisfies Routes
