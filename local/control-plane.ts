import { rm } from 'node:fs/promises'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'
import { sweepTransit } from '#adapters/fs/sweep-transit.ts'
import { localTransit } from '#adapters/fs/transit.ts'
import { inlineItems } from '#adapters/memory/item-lists.ts'
import { noSchedules } from '#adapters/memory/schedules.ts'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { noGrants } from '#core/access/grants.ts'
import { PortTakenError } from '#core/errors/settings.ts'
import { alone } from '#core/region/region.ts'
import { copyAudit } from '#functions/events/copy-audit.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { tendReplicas } from '#functions/events/tend-replicas.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { watch } from '#functions/events/watch.ts'
import { inRegion } from '#functions/in-region.ts'
import { whereActive } from '#functions/middleware/event-handler.ts'
import type { Ports } from '#functions/ports.ts'
import { taskHandlers } from '#functions/workflow/index.ts'
import { bearerAuthenticator, withApiTokens } from './bearer-authenticator.ts'
import { consoleFiles } from './console/files.ts'
import { filesOf } from './data-directory.ts'
import { localDeliver } from './deliver.ts'
import { type Endpoint, formerEndpoint, newToken, writeEndpoint } from './endpoint.ts'
import { keepEnrolmentCode } from './enrolment.ts'
import { every } from './every.ts'
import { type ConsoleFront, type HttpFront, listenHttp } from './http-front.ts'
import { readSettings } from './read-settings.ts'
import { signInDoor } from './sign-in/door.ts'
import { localSessions, withSessions } from './sign-in/sessions.ts'
import { transitDoor } from './transit-door.ts'
import { localWorkflow } from './workflow/workflow.ts'

/** How often open runs are looked after, in ms: a lease that ran out waits no longer than this. */
const TEND_EVERY = 5_000
/** How often it is looked whether a round of replication is due, in ms. */
const REPLICAS_EVERY = 1_000
/** How often it is looked for silent gateways, unprotected VMs and reports that are due, in ms. */
const WATCH_EVERY = 20_000
/** How often it is looked whether somebody is to be told of something, in ms. */
const DELIVER_EVERY = 2_000
/** How often it is looked whether the daily maintenance is due, in ms. */
const MAINTENANCE_EVERY = 30_000
/** How often it is looked whether the time of a policy has come, in ms. */
const POLICIES_EVERY = 1_000
/** How often it is checked whether the local gateway needs a code, in ms. */
const ENROLMENT_EVERY = 2_000
/** How often it is looked for answers of looks at files that are a day old, in ms. */
const TRANSIT_EVERY = 60 * 60_000
/** How often the records of what was done are copied, in ms; where there are no new ones, nothing is. */
const AUDIT_COPY_EVERY = 10 * 60_000

export interface ControlPlane {
  url: string
  /** Ends in good order: calls are answered, the catalog is closed. Open runs go on after the next start. */
  stop(): Promise<void>
}

/**
 * The control plane on one machine: API, state machines, catalog in SQLite. It may be killed at any moment; what it had promised is
 * in the catalog, and the next start goes on from there.
 *
 * @param directory the data directory
 * @param log hears one line for each thing worth knowing
 * @throws `SETTINGS_INVALID`, `PORT_TAKEN`, `DATA_DIRECTORY_TAKEN`, and what the catalog says when it opens
 */
export const startControlPlane = async (
  directory: string,
  log: (line: string) => void,
): Promise<ControlPlane> => {
  const files = filesOf(directory)
  const settings = await readSettings(files.settings)
  const former = await formerEndpoint(files.endpoint, directory)
  const token = former?.token ?? newToken()
  const catalog = openSqliteCatalog(files.catalog)

  const transit = localTransit({ folder: files.transit, clock: systemClock })
  const here = inRegion(settings.control.region ?? alone('here'), catalog)
  const ports: Ports = {
    ...here,
    workflow: localWorkflow({ handlers: () => taskHandlers(ports), log }),
    clock: systemClock,
    random: systemRandom,
    items: inlineItems(),
    deliver: localDeliver({ clock: systemClock, folder: files.secrets }),
    authenticator: withSessions(
      withApiTokens(bearerAuthenticator(token), { catalog, clock: systemClock }),
      { catalog, clock: systemClock },
      files.password,
    ),
    grants: noGrants,
    schedules: noSchedules,
    auditCopy: {
      chain: here.region.setup.here,
      open: () => openObjectStore(`file:${files.auditCopy}`),
    },
    transit,
    timing: settings.control,
    restoreApproval: settings.control.restoreApproval,
    upSince: systemClock.now(),
    repositoryAddress: settings.repository.address ?? `file:${files.repository}`,
    ...(settings.repository.replica && { secondCopy: settings.repository.replica }),
  }

  // Where it stands by, too: people look there, and take over.
  const sessions = localSessions({ ...ports, catalog }, files.password)
  const front = await listen(ports, settings.control, former, {
    files: consoleFiles(),
    door: signInDoor(sessions),
    transit: transitDoor(transit),
  })
  await writeEndpoint(files.endpoint, { url: front.url, token, pid: process.pid })
  const timers = [
    every(TEND_EVERY, whereActive(tendRuns)(ports), error =>
      log(`The runs were not looked after: ${error}`),
    ),
    every(REPLICAS_EVERY, whereActive(tendReplicas)(ports), error =>
      log(`The standbys were not looked after: ${error}`),
    ),
    every(WATCH_EVERY, whereActive(watch)(ports), error =>
      log(`Gateways, VMs and reports were not looked after: ${error}`),
    ),
    every(DELIVER_EVERY, whereActive(deliverAll)(ports), error =>
      log(`Messages were not sent: ${error}`),
    ),
    every(MAINTENANCE_EVERY, whereActive(tendMaintenance)(ports), error =>
      log(`The repository was not looked after: ${error}`),
    ),
    every(POLICIES_EVERY, whereActive(tendPolicies)(ports), error =>
      log(`The policies were not looked after: ${error}`),
    ),
    every(ENROLMENT_EVERY, whereActive((p: Ports) => keepEnrolmentCode(p, files))(ports), error =>
      log(`No enrolment code was written: ${error}`),
    ),
    // Also where it stands by: the folder is its own.
    every(
      TRANSIT_EVERY,
      () => sweepTransit(files.transit, ports),
      error => log(`Old answers of looks at files were not removed: ${error}`),
    ),
    every(AUDIT_COPY_EVERY, whereActive(copyAudit)(ports), error =>
      log(`The audit records were not copied: ${error}`),
    ),
  ]

  return {
    url: front.url,
    async stop() {
      await Promise.all(timers.map(timer => timer.stop()))
      await front.close()
      await whereActive(copyAudit)(ports)().catch(error =>
        log(`The audit records were not copied: ${error}`),
      )
      await rm(files.endpoint, { force: true })
      catalog.close()
    },
  }
}

/** With port 0, the port of before a crash is tried first: gateways look for us there. */
const listen = async (
  ports: Ports,
  { host, port }: { host: string; port: number },
  former: Endpoint | undefined,
  console: ConsoleFront,
): Promise<HttpFront> => {
  if (port !== 0 || !former) return listenHttp(ports, { host, port }, console)
  const before = Number(new URL(former.url).port)
  return listenHttp(ports, { host, port: before }, console).catch(error => {
    if (error instanceof PortTakenError) return listenHttp(ports, { host, port }, console)
    throw error
  })
}
