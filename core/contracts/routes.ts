import { auditRoutes } from './routes/audit.ts'
import { channelRoutes } from './routes/channels.ts'
import { docsRoutes } from './routes/docs.ts'
import { fileRoutes } from './routes/files.ts'
import { gatewayRoutes } from './routes/gateways.ts'
import { guestsRoutes } from './routes/guests.ts'
import { inventoryRoutes } from './routes/inventory.ts'
import { jobRoutes } from './routes/jobs.ts'
import { overviewRoutes } from './routes/overview.ts'
import { peopleRoutes } from './routes/people.ts'
import { pointRoutes } from './routes/points.ts'
import { policyRoutes } from './routes/policies.ts'
import { regionRoutes } from './routes/region.ts'
import { replicaRoutes } from './routes/replicas.ts'
import { repositoryRoutes } from './routes/repository.ts'
import type { Route } from './routes/route.ts'
import { runRoutes } from './routes/runs.ts'
import { siteRoutes } from './routes/sites.ts'
import { tokenRoutes } from './routes/tokens.ts'

/** The rooms of the API, each a folder of `functions/api/` with a file for each of its routes. */
export const rooms = {
  overview: overviewRoutes,
  gateways: gatewayRoutes,
  guests: guestsRoutes,
  jobs: jobRoutes,
  inventory: inventoryRoutes,
  points: pointRoutes,
  runs: runRoutes,
  files: fileRoutes,
  replicas: replicaRoutes,
  region: regionRoutes,
  channels: channelRoutes,
  repository: repositoryRoutes,
  policies: policyRoutes,
  sites: siteRoutes,
  tokens: tokenRoutes,
  people: peopleRoutes,
  audit: auditRoutes,
  docs: docsRoutes,
} as const

export const routes = {
  ...rooms.overview,
  ...rooms.gateways,
  ...rooms.guests,
  ...rooms.jobs,
  ...rooms.inventory,
  ...rooms.points,
  ...rooms.runs,
  ...rooms.files,
  ...rooms.replicas,
  ...rooms.region,
  ...rooms.channels,
  ...rooms.repository,
  ...rooms.policies,
  ...rooms.sites,
  ...rooms.tokens,
  ...rooms.people,
  ...rooms.audit,
  ...rooms.docs,
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof routes
