import * as audit from '../audit-api.ts'
import { Nothing, type Routes } from './route.ts'

export const auditRoutes = {
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    summary: 'Lists what people, tokens and gateways did or were refused, record by record.',
    audience: 'person',
    role: 'administrator',
    query: audit.ListAuditQuery,
    body: Nothing,
    reply: audit.ListAuditReply,
  },
} as const satisfies Routes
