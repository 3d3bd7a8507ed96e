import { z } from 'zod'
import { Nothing, type Routes } from './route.ts'

export const docsRoutes = {
  getOpenapi: {
    method: 'GET',
    path: '/v1/openapi.json',
    summary: 'This description of the API (OpenAPI 3.1).',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: z.record(z.string(), z.unknown()),
  },
} as const satisfies Routes
