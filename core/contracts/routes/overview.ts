import * as overview from '../overview-api.ts'
import * as statistics from '../statistics-api.ts'
import { Nothing, type Routes } from './route.ts'

export const overviewRoutes = {
  getOverview: {
    method: 'GET',
    path: '/v1/overview',
    summary: 'Tells how everything stands, with every open problem and where to go about it.',
    audience: 'person',
    role: 'viewer',
    query: Nothing,
    body: Nothing,
    reply: overview.OverviewView,
  },
  getStatistics: {
    method: 'GET',
    path: '/v1/statistics',
    summary: 'Tells what was read, stored and run, day by day.',
    audience: 'person',
    role: 'viewer',
    query: statistics.StatisticsQuery,
    body: Nothing,
    reply: statistics.StatisticsView,
  },
} as const satisfies Routes
