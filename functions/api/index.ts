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
import { answerQuestion } from './files/answer-question.ts'
import { askFiles } from './files/ask-files.ts'
import { getAnswer } from './files/get-answer.ts'
import { nextQuestion } from './files/next-question.ts'
import { withdrawQuestion } from './files/withdraw-question.ts'
import { askNewKey } from './gateways/ask-new-key.ts'
import { changeKey } from './gateways/change-key.ts'
import { createEnrolmentCode } from './gateways/create-enrolment-code.ts'
import { credentials } from './gateways/credentials.ts'
import { enrol } from './gateways/enrol.ts'
import { getGateway } from './gateways/get-gateway.ts'
import { lease } from './gateways/lease.ts'
import { listGateways } from './gateways/list-gateways.ts'
import { openJobs } from './gateways/open-jobs.ts'
import { renameGateway } from './gateways/rename-gateway.ts'
import { revokeGateway } from './gateways/revoke-gateway.ts'
import { setGateway } from './gateways/set-gateway.ts'
import { getGuest } from './guests/get-guest.ts'
import { getRecipes } from './guests/get-recipes.ts'
import { knownGuests } from './guests/known-guests.ts'
import { listGuests } from './guests/list-guests.ts'
import { putGuestFacts } from './guests/put-guest-facts.ts'
import { tellDrill } from './guests/tell-drill.ts'
import { getVm } from './inventory/get-vm.ts'
import { listPools } from './inventory/list-pools.ts'
import { listVms } from './inventory/list-vms.ts'
import { putInventory } from './inventory/put-inventory.ts'
import { confirmHeld } from './jobs/confirm-held.ts'
import { confirmRemoval } from './jobs/confirm-removal.ts'
import { heartbeat } from './jobs/heartbeat.ts'
import { OUTCOME_LIMIT, result } from './jobs/result.ts'
import { siteOfJob } from './jobs/site-of-job.ts'
import { tellSitePlan } from './jobs/tell-site-plan.ts'
import { getOverview } from './overview/get-overview.ts'
import { getStatistics } from './overview/get-statistics.ts'
import { getCaller } from './people/get-caller.ts'
import { acknowledgeChange } from './points/acknowledge-change.ts'
import { deletePoint } from './points/delete-point.ts'
import { gonePoints } from './points/gone-points.ts'
import { knownPoints } from './points/known-points.ts'
import { listBootChecks } from './points/list-boot-checks.ts'
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
import { getReplica } from './replicas/get-replica.ts'
import { listReplicas } from './replicas/list-replicas.ts'
import { previewReplica } from './replicas/preview-replica.ts'
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
import { createSite } from './sites/create-site.ts'
import { deleteSite } from './sites/delete-site.ts'
import { discoverSite } from './sites/discover-site.ts'
import { endSiteRestore } from './sites/end-site-restore.ts'
import { getSite } from './sites/get-site.ts'
import { getSitePlan } from './sites/get-site-plan.ts'
import { getSitePoint } from './sites/get-site-point.ts'
import { getSiteRestore } from './sites/get-site-restore.ts'
import { listSiteRestores } from './sites/list-site-restores.ts'
import { listSites } from './sites/list-sites.ts'
import { previewSite } from './sites/preview-site.ts'
import { putSite } from './sites/put-site.ts'
import { startSiteRestore } from './sites/start-site-restore.ts'
import { stepSiteRestore } from './sites/step-site-restore.ts'
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
    acknowledgeChange: handle('acknowledgeChange', acknowledgeChange),
    listPoints: handle('listPoints', listPoints),
    listBootChecks: handle('listBootChecks', listBootChecks),
    listGateways: handle('listGateways', listGateways),
    getGateway: handle('getGateway', getGateway),
    listGuests: handle('listGuests', listGuests),
    getRecipes: handle('getRecipes', getRecipes),
    getGuest: handle('getGuest', getGuest),
    tellDrill: handle('tellDrill', tellDrill),
    putGuestFacts: handle('putGuestFacts', putGuestFacts),
    knownGuests: handle('knownGuests', knownGuests),
    putReplica: handle('putReplica', putReplica),
    previewReplica: handle('previewReplica', previewReplica),
    listReplicas: handle('listReplicas', listReplicas),
    getReplica: handle('getReplica', getReplica),
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
    answerQuestion: handle('answerQuestion', answerQuestion),
    askFiles: handle('askFiles', askFiles),
    getAnswer: handle('getAnswer', getAnswer),
    nextQuestion: handle('nextQuestion', nextQuestion),
    withdrawQuestion: handle('withdrawQuestion', withdrawQuestion),
    createEnrolmentCode: handle('createEnrolmentCode', createEnrolmentCode),
    listPolicies: handle('listPolicies', listPolicies),
    getPolicy: handle('getPolicy', getPolicy),
    getKeptPoints: handle('getKeptPoints', getKeptPoints),
    listOccasions: handle('listOccasions', listOccasions),
    createPolicy: handle('createPolicy', createPolicy),
    putPolicy: handle('putPolicy', putPolicy),
    deletePolicy: handle('deletePolicy', deletePolicy),
    previewPolicy: handle('previewPolicy', previewPolicy),
    siteOfJob: handle('siteOfJob', siteOfJob),
    tellSitePlan: handle('tellSitePlan', tellSitePlan),
    createSite: handle('createSite', createSite),
    discoverSite: handle('discoverSite', discoverSite),
    deleteSite: handle('deleteSite', deleteSite),
    endSiteRestore: handle('endSiteRestore', endSiteRestore),
    getSite: handle('getSite', getSite),
    getSitePlan: handle('getSitePlan', getSitePlan),
    getSitePoint: handle('getSitePoint', getSitePoint),
    getSiteRestore: handle('getSiteRestore', getSiteRestore),
    listSiteRestores: handle('listSiteRestores', listSiteRestores),
    listSites: handle('listSites', listSites),
    previewSite: handle('previewSite', previewSite),
    putSite: handle('putSite', putSite),
    startSiteRestore: handle('startSiteRestore', startSiteRestore),
    stepSiteRestore: handle('stepSiteRestore', stepSiteRestore),
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
