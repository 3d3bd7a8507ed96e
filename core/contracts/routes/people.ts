import { CallerView } from '../console.ts'
import { Nothing, type Routes } from './route.ts'

export const peopleRoutes = {
  getCaller: {
    method: 'GET',
    path: '/v1/caller',
    summary: 'Tells who calls, and what they may do.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: CallerView,
  },
} as const satisfies Routes
