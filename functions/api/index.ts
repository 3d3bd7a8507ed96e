import { type RouteName, routes } from '#core/contracts/routes.ts'
import { MethodNotAllowedError, RouteUnknownError } from '#core/errors/request.ts'
import { type HttpHandler, httpHandlerWith } from '../middleware/http-handler.ts'
import type { Ports } from '../ports.ts'
import { listAudit } from './audit/list-audit.ts'
import { createChannel } from './channels/create-channel.ts'
import { deleteChannel } from './channels/delete-channel.ts'
import { gatewayMessages } from './channels/gateway-messages.ts'
import { getChannel } from './channels/get-channel.ts'
import { getNotification } from './channels/get-notification.ts'
import { getNotificationSettings } from './channels/get-notification-settings.ts'
import { listChannels } from './channels/list-channels.ts'
import { listNotifications } from './channels/list-notifications.ts'
import { putChannel } from './channels/put-channel.ts'
import { putNotificationSettings } from './channels/put-notification-settings.ts'
import { testChannel } from './channels/test-channel.ts'
import { getOpenapi } from './docs/get-openapi.ts'
import { askNewKey } from './gateways/ask-new-key.ts'
import { changeKey } from './gateways/change-key.ts'
import { createEnrolmentCode } from './gateways/create-enrolment-code.ts'
import { credentials } from './gateways/credentials.ts'
import { enrol } from './gateways/enrol.ts'
import { lease } from './gateways/lease.ts'
import { listGateways } from './gateways/list-gateways.ts'
import { openJobs } from './gateways/open-jobs.ts'
import { renameGateway } from './gateways/rename-gateway.ts'
import { revokeGateway } from './gateways/revoke-gateway.ts'
import { setGateway } from './gateways/set-gateway.ts'
import { getVm } from './inventory/get-vm.ts'
import { listPools } from './inventory/list-pools.ts'
import { listVms } from './inventory/list-vms.ts'
import { putInventory } from './inventory/put-inventory.ts'
import { confirmHeld } from './jobs/confirm-held.ts'
import { confirmRemoval } from './jobs/confirm-removal.ts'
import { heartbeat } from './jobs/heartbeat.ts'
import { OUTCOME_LIMIT, result } from './jobs/result.ts'
import { getOverview } from './overview/get-overview.ts'
import { getStatistics } from './overview/get-statistics.ts'
import { getCaller } from './people/get-caller.ts'
import { deletePoint } from './points/delete-point.ts'
import { gonePoints } from './points/gone-points.ts'
import { knownPoints } from './points/known-points.ts'
import { listPoints } from './points/list-points.ts'
import { missingPoints } from './points/missing-points.ts'
import { putPoints } from './points/put-points.ts'
import { putReplicated } from './points/put-replicated.ts'
import { createPolicy } from './policies/create-policy.ts'
import { deletePolicy } from './policies/delete-policy.ts'
import { getKeptPoints } from './policies/get-kept-points.ts'
import { getPolicy } from './policies/get-policy.ts'
import { listOccasions } from './policies/list-occasions.ts'
import { listPolicies } from './policies/list-policies.ts'
import { previewPolicy } from './policies/preview-policy.ts'
import { putPolicy } from './policies/put-policy.ts'
import { getRegion } from './region/get-region.ts'
import { takeOverRegion } from './region/take-over-region.ts'
import { commandReplica } from './replicas/command-replica.ts'
import { listReplicas } from './replicas/list-replicas.ts'
import { putReplica } from './replicas/put-replica.ts'
import { getRepository } from './repository/get-repository.ts'
import { listHolds } from './repository/list-holds.ts'
import { placeHold } from './repository/place-hold.ts'
import { putMaintenanceSchedule } from './repository/put-maintenance-schedule.ts'
import { releaseHold } from './repository/release-hold.ts'
import { approveRun } from './runs/approve-run.ts'
import { cancelRun } from './runs/cancel-run.ts'
import { declineRun } from './runs/decline-run.ts'
import { getRun } from './runs/get-run.ts'
import { listRuns } from './runs/list-runs.ts'
import { redriveRun } from './runs/redrive-run.ts'
import { retryRun } from './runs/retry-run.ts'
import { startRun } from './runs/start-run.ts'
import { createToken } from './tokens/create-token.ts'
import { listTokens } from './tokens/list-tokens.ts'
import { revokeToken } from './tokens/revoke-token.ts'

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
    putReplicated: handle('putReplicated', putReplicated),
    listPools: handle('listPools', listPools),
    listVms: handle('listVms', listVms),
    getVm: handle('getVm', getVm),
    startRun: handle('startRun', startRun),
    listRuns: handle('listRuns', listRuns),
    getRun: handle('getRun', getRun),
    approveRun: handle('approveRun', approveRun),
    declineRun: handle('declineRun', declineRun),
    cancelRun: handle('cancelRun', cancelRun),
    knownPoints: handle('knownPoints', knownPoints),
    gonePoints: handle('gonePoints', gonePoints),
    redriveRun: handle('redriveRun', redriveRun),
    retryRun: handle('retryRun', retryRun),
    deletePoint: handle('deletePoint', deletePoint),
    getRepository: handle('getRepository', getRepository),
    putMaintenanceSchedule: handle('putMaintenanceSchedule', putMaintenanceSchedule),
    listHolds: handle('listHolds', listHolds),
    placeHold: handle('placeHold', placeHold),
    releaseHold: handle('releaseHold', releaseHold),
    confirmHeld: handle('confirmHeld', confirmHeld),
    confirmRemoval: handle('confirmRemoval', confirmRemoval),
    listPoints: handle('listPoints', listPoints),
    listGateways: handle('listGateways', listGateways),
    putReplica: handle('putReplica', putReplica),
    listReplicas: handle('listReplicas', listReplicas),
    commandReplica: handle('commandReplica', commandReplica),
    renameGateway: handle('renameGateway', renameGateway),
    revokeGateway: handle('revokeGateway', revokeGateway),
    changeKey: handle('changeKey', changeKey),
    askNewKey: handle('askNewKey', askNewKey),
    setGateway: handle('setGateway', setGateway),
    getRegion: handle('getRegion', getRegion),
    takeOverRegion: handle('takeOverRegion', takeOverRegion),
    getOverview: handle('getOverview', getOverview),
    getStatistics: handle('getStatistics', getStatistics),
    getCaller: handle('getCaller', getCaller),
    createToken: handle('createToken', createToken),
    listTokens: handle('listTokens', listTokens),
    revokeToken: handle('revokeToken', revokeToken),
    listAudit: handle('listAudit', listAudit),
    createChannel: handle('createChannel', createChannel),
    deleteChannel: handle('deleteChannel', deleteChannel),
    gatewayMessages: handle('gatewayMessages', gatewayMessages),
    getChannel: handle('getChannel', getChannel),
    getNotification: handle('getNotification', getNotification),
    getNotificationSettings: handle('getNotificationSettings', getNotificationSettings),
    listChannels: handle('listChannels', listChannels),
    listNotifications: handle('listNotifications', listNotifications),
    putChannel: handle('putChannel', putChannel),
    putNotificationSettings: handle('putNotificationSettings', putNotificationSettings),
    testChannel: handle('testChannel', testChannel),
    getOpenapi: handle('getOpenapi', getOpenapi),
    createEnrolmentCode: handle('createEnrolmentCode', createEnrolmentCode),
    listPolicies: handle('listPolicies', listPolicies),
    getPolicy: handle('getPolicy', getPolicy),
    getKeptPoints: handle('getKeptPoints', getKeptPoints),
    listOccasions: handle('listOccasions', listOccasions),
    createPolicy: handle('createPolicy', createPolicy),
    putPolicy: handle('putPolicy', putPolicy),
    deletePolicy: handle('deletePolicy', deletePolicy),
    previewPolicy: handle('previewPolicy', previewPolicy),
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
