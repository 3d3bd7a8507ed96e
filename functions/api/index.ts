import { type RouteName, routes } from '#core/contracts/routes.ts'
import { MethodNotAllowedError, RouteUnknownError } from '#core/errors/request.ts'
import { type HttpHandler, httpHandlerWith } from '../middleware/http-handler.ts'
import type { Ports } from '../ports.ts'
import { cancelRun } from './cancel-run.ts'
import { commandReplica } from './command-replica.ts'
import { createEnrolmentCode } from './create-enrolment-code.ts'
import { credentials } from './credentials.ts'
import { enrol } from './enrol.ts'
import { getRun } from './get-run.ts'
import { heartbeat } from './heartbeat.ts'
import { lease } from './lease.ts'
import { listGateways } from './list-gateways.ts'
import { listPoints } from './list-points.ts'
import { listReplicas } from './list-replicas.ts'
import { listRuns } from './list-runs.ts'
import { listVms } from './list-vms.ts'
import { missingPoints } from './missing-points.ts'
import { openJobs } from './open-jobs.ts'
import { putInventory } from './put-inventory.ts'
import { putPoints } from './put-points.ts'
import { putReplica } from './put-replica.ts'
import { OUTCOME_LIMIT, result } from './result.ts'
import { startRun } from './start-run.ts'

/** Every route with its handler on the given ports: what API Gateway and the Lambdas are in the cloud. */
export const apiHandlers = (ports: Ports): Record<RouteName, HttpHandler> => {
  const handle = httpHandlerWith(() => ports)
  return {
    enrol: handle('enrol', enrol),
    lease: handle('lease', lease),
    credentials: handle('credentials', credentials),
    openJobs: handle('openJobs', openJobs),
    putInventory: handle('putInventory', putInventory),
    heartbeat: handle('heartbeat', heartbeat),
    result: handle('result', result, { bodyLimit: OUTCOME_LIMIT }),
    missingPoints: handle('missingPoints', missingPoints),
    putPoints: handle('putPoints', putPoints),
    listVms: handle('listVms', listVms),
    startRun: handle('startRun', startRun),
    listRuns: handle('listRuns', listRuns),
    getRun: handle('getRun', getRun),
    cancelRun: handle('cancelRun', cancelRun),
    listPoints: handle('listPoints', listPoints),
    listGateways: handle('listGateways', listGateways),
    putReplica: handle('putReplica', putReplica),
    listReplicas: handle('listReplicas', listReplicas),
    commandReplica: handle('commandReplica', commandReplica),
    createEnrolmentCode: handle('createEnrolmentCode', createEnrolmentCode),
  }
}

/**
 * Finds the route of a call.
 * @param path without host and query
 * @throws `ROUTE_UNKNOWN`, `METHOD_NOT_ALLOWED`
 */
export const findRoute = (
  method: string,
  path: string,
): { name: RouteName; params: Record<string, string> } => {
  const matching = table.flatMap(({ name, pattern }) => {
    const groups = pattern.exec(path)?.groups
    return pattern.test(path) ? [{ name, params: { ...groups } }] : []
  })
  const found = matching.find(({ name }) => routes[name].method === method)
  if (found) return found
  if (matching.length === 0) throw new RouteUnknownError(path)
  throw new MethodNotAllowedError(
    method,
    path,
    matching.map(({ name }) => routes[name].method),
  )
}

const table = (Object.keys(routes) as RouteName[]).map(name => ({
  name,
  pattern: new RegExp(`^${routes[name].path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))
