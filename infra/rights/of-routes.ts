import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { Deployment } from '../deployment.ts'
import type { Right } from './right.ts'
import { openStorageSessions, revokeStorageSessions } from './storage.ts'
import { putInTransit, readInTransit } from './transit.ts'
import { completeTasks, keepTasksAlive, startRuns, stopRuns } from './workflow.ts'

/** They take over what became of rounds that have ended. */
const WRITES_WHILE_READING: ReadonlySet<RouteName> = new Set(['listReplicas', 'getReplica'])

/** What a route does to the catalog. Gateway calls also write down their nonce. */
export const accessOf = (name: RouteName): 'read' | 'write' => {
  const { method, audience } = routes[name]
  return method === 'GET' && audience === 'person' && !WRITES_WHILE_READING.has(name)
    ? 'read'
    : 'write'
}

/** What routes may do beyond the catalog; a route that is not named here may do nothing more. */
const rights: Partial<Record<RouteName, ((deployment: Deployment) => Right)[]>> = {
  startRun: [startRuns, completeTasks],
  deletePoint: [startRuns],
  placeHold: [startRuns],
  commandReplica: [startRuns],
  takeOverRegion: [startRuns, completeTasks],
  approveRun: [startRuns],
  cancelRun: [completeTasks],
  redriveRun: [startRuns, stopRuns],
  retryRun: [startRuns],
  stepSiteRestore: [startRuns],
  lease: [completeTasks],
  result: [completeTasks],
  heartbeat: [keepTasksAlive],
  credentials: [openStorageSessions],
  getAnswer: [readInTransit],
  answerQuestion: [putInTransit],
  setGateway: [completeTasks],
  revokeGateway: [completeTasks, revokeStorageSessions],
}

export const rightsOf = (name: RouteName, deployment: Deployment): Right[] =>
  (rights[name] ?? []).map(right => right(deployment))
