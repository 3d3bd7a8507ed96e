import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ulid } from 'ulid'
import { fileSecrets } from '#adapters/fs/secrets.ts'
import { systemClock } from '#adapters/system/clock.ts'
import { systemSleep } from '#adapters/system/sleep.ts'
import { pacedStore } from '#adapters/wrap/paced-object-store.ts'
import { countText } from '#core/count-text.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { aboutGateway } from './about.ts'
import { createBandwidth } from './bandwidth.ts'
import { connect } from './control/connection.ts'
import { enrol } from './control/enrol.ts'
import { keyChangeChore } from './control/key-change.ts'
import { runLeaseLoop } from './control/lease-loop.ts'
import { realPatience } from './control/patience.ts'
import { stopSignal } from './control/stop-signal.ts'
import { runGuest } from './guest/run-guest.ts'
import { askOpenJobs, createSweep, inventoryChore, reconcileChore } from './housekeeping.ts'
import { createDiskGate } from './jobs/disk-gate.ts'
import { putPart } from './jobs/files/put-part.ts'
import { pacedPool } from './jobs/paced-pool.ts'
import { createPerform } from './jobs/perform.ts'
import { keptText } from './kept-text.ts'
import { limits } from './limits.ts'
import { lockAgent } from './lock.ts'
import { createLog } from './log.ts'
import { messagesChore } from './notify/messages-chore.ts'
import { poolEntry } from './pool-entry.ts'
import { createPools } from './pools.ts'
import { findHook } from './quiesce/find-hook.ts'
import { guestAgents } from './quiesce/guest-agents.ts'
import { remembered } from './remembered.ts'
import { readSettings } from './settings.ts'
import { ownStorage } from './storage/own-storage.ts'

/** Tells a supervisor that starting again would change nothing. */
const EXIT_HOPELESS = 2

const log = createLog({ clock: systemClock, write: line => process.stderr.write(line) })

const run = async (): Promise<void> => {
  const { values } = parseArgs({ options: { data: { type: 'string' } } })
  const dataDir = resolve(
    values.data ?? (process.env.XENKEEP_DATA || join(homedir(), '.local', 'share', 'xenkeep')),
  )
  const settings = await readSettings(dataDir)
  if (settings.guest) return runGuest(dataDir, settings, settings.guest, log)
  const { control, gateway } = settings
  const unlock = await lockAgent(join(dataDir, 'gateway', 'agent.lock'), dataDir)
  const stopping = stopSignal({ process, log, graceMs: limits.stopMs })
  const patience = realPatience
  const random = Math.random
  const connection = await connect(dataDir, control, gateway, log)
  const { gatewayDir, identityFile, identity, gatewayId, client, baseUrl, epoch } = connection

  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const bandwidth = createBandwidth({
    plan: gateway.bandwidth,
    readPlan: async () => (await readSettings(dataDir)).gateway.bandwidth,
    timeZone,
    clock: systemClock,
    sleep: systemSleep,
    patience,
    log,
  })

  const { storage, repositories, address } = ownStorage(dataDir, gateway, {
    ...{ settings: settings.repository, connection, bandwidth, patience, random, log },
  })

  const running = new Map<string, { poolUuid?: string }>()
  const { sweep, again: sweepAgain } = createSweep({
    repositories,
    address,
    isRunning: jobId => running.has(jobId),
    openJobs: askOpenJobs({ client, gatewayId }),
    installation: keptText(join(gatewayDir, 'installation')),
    log,
  })
  const knownPools = keptText(join(gatewayDir, 'pools.json'))
  const pools = await createPools({
    entries: gateway.pools.map(pool => poolEntry(dataDir, pool, gateway.streams)),
    memory: {
      load: async () => JSON.parse((await knownPools.load()) ?? '{}'),
      save: known => knownPools.save(JSON.stringify(known)),
    },
    connected: async pool => {
      await sweep(pool)
      inventory.poke()
    },
    failed: () => inventory.poke(),
    patience,
    log,
  })
  const host = { client, gatewayId, repositories, address, patience, log }
  const silentPools = new Set<string>()
  const catalog = { of: () => `${gatewayId()} ${epoch()}`, clock: systemClock }
  const inventory = inventoryChore({
    ...host,
    pools,
    silentPools,
    told: remembered(() => ({ report: '' }), { ...catalog, forMs: limits.inventoryAgainMs }),
  })
  const reconcile = reconcileChore({
    ...host,
    sweepAgain,
    known: remembered(() => new Set<string>(), { ...catalog, forMs: limits.pointsAgainMs }),
    gone: remembered(() => ({ told: false }), { ...catalog, forMs: limits.gonePointsMs }),
  })
  const secrets = fileSecrets(join(dataDir, 'secrets'))
  const keyChange = keyChangeChore({
    ...{ identity, identityFile, patience, log },
    changeFile: join(gatewayDir, 'key-change.json'),
    clientWith: connection.clientWith,
  })
  const messages = messagesChore({ ...host, secrets, host: hostname() })

  const gate = createDiskGate(gateway.streams.atOnce, {
    perSr: gateway.streams.perSr,
    jobs: gateway.slots,
    atWork: () => running.size,
  })
  const hook = findHook(dataDir, gateway.quiesceHooks)
  const agents = await guestAgents(dataDir, gateway.guestAgents, { ...host, clock: systemClock })
  // Asked anew for each look, so that a change needs no restart.
  const isBrowsingAllowed = async () => (await readSettings(dataDir)).gateway.fileBrowsing === 'on'
  const perform = createPerform({
    ...host,
    maintenanceStore: async address =>
      pacedStore(await storage.open(address), bandwidth.toRepository),
    storage,
    pools: { use: async poolUuid => pacedPool(await pools.use(poolUuid), bandwidth.fromXenServer) },
    gate,
    running,
    clock: systemClock,
    bootScripts: gateway.bootScripts,
    hookScripts: gateway.hookScripts,
    files: {
      allowed: isBrowsingAllowed,
      settingsFile: join(dataDir, 'settings.json'),
      env: process.env,
      put: putPart(fetch, baseUrl),
    },
    random,
    // A hook was set up for this very VM by hand, so it is asked first.
    findProvider: vm => hook(vm) ?? agents.find(vm),
  })
  const ended = async (jobId: string) => {
    const { poolUuid } = running.get(jobId) ?? {}
    running.delete(jobId)
    gate.again()
    if (stopping.aborted) return
    const pool = pools.connected().find(({ uuid }) => uuid === poolUuid)
    if (pool) await sweep(pool)
    inventory.poke()
    reconcile.poke()
  }
  // A VM that the other gateway had down is started at once, be its job run again or not.
  const tookOver = (poolUuid: string) => {
    const pool = pools.connected().find(({ uuid }) => uuid === poolUuid)
    if (pool) void sweep(pool)
  }
  const enrolAgain = async (because: 'unknown' | 'revoked') => {
    await enrol({
      client,
      identity,
      identityFile,
      codeFile: join(gatewayDir, 'enrolment-code'),
      ...(because === 'revoked' && { newKeyFile: join(gatewayDir, 'enrolment-key.json') }),
      name: gateway.name,
      patience,
      signal: stopping,
      log,
    })
    // A catalog that does not know us knows nothing else of ours either.
    inventory.poke()
    reconcile.poke()
  }

  const about = remembered(
    () =>
      aboutGateway(
        { ...gateway, bandwidth: bandwidth.plan() },
        { machine: hostname(), timeZone, isBrowsingAllowed, process },
      ),
    { of: () => JSON.stringify(bandwidth.plan()), clock: systemClock, forMs: limits.aboutMs },
  )
  log.info(`Gateway agent on ${dataDir}, ${countText(gateway.pools.length, 'pool')}.`)
  const connecting = pools.run(stopping)
  if (!identity.gatewayId) await enrolAgain('unknown')
  const chores = [
    inventory.run(stopping),
    reconcile.run(stopping),
    bandwidth.run(stopping),
    messages.run(stopping),
    keyChange.run(stopping),
    agents.run(stopping),
    connecting,
  ]
  await runLeaseLoop({
    client,
    gatewayId,
    instance: ulid(),
    slots: gateway.slots,
    looks: limits.looks,
    pools: pools.uuids,
    unreachable: () => {
      const connected = new Set(pools.connected().map(({ uuid }) => uuid))
      return pools.uuids().filter(uuid => !connected.has(uuid) || silentPools.has(uuid))
    },
    about,
    clock: systemClock,
    perform,
    patience,
    random,
    log,
    stopping,
    enrolAgain,
    tookOver,
    messages: messages.poke,
    newKey: keyChange.wanted,
    keyRefused: keyChange.refused,
    ended,
  })
  await Promise.all(chores)
  await agents.close()
  await pools.close()
  await repositories.close()
  unlock()
  log.info('Stopped in good order.')
}

// A supervisor that dies takes the other end of this pipe with it; that must not keep us from stopping in good order.
process.stderr.on('error', () => undefined)

// One line, no stack trace: a supervisor starts the agent again, and jobs go on where they can.
const die = (error: unknown) => {
  log.error('The agent ends', error)
  const { code } = asXenkeepError(error)
  const hopeless = [
    'SETTINGS_INVALID',
    'IDENTITY_UNREADABLE',
    'AGENT_RUNNING',
    'GUEST_COPIED',
  ].includes(code)
  process.exit(hopeless ? EXIT_HOPELESS : 1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)
run().then(() => process.exit(0), die)
