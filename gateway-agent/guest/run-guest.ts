import { hostname } from 'node:os'
import { join } from 'node:path'
import { ulid } from 'ulid'
import { systemClock } from '#adapters/system/clock.ts'
import { systemSleep } from '#adapters/system/sleep.ts'
import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import type { GuestSettings } from '#core/contracts/guest-settings.ts'
import type { Settings } from '#core/contracts/settings.ts'
import { VERSION } from '#core/contracts/version.ts'
import { countText } from '#core/count-text.ts'
import { createBandwidth } from '../bandwidth.ts'
import { connect } from '../control/connection.ts'
import { enrol } from '../control/enrol.ts'
import { keyChangeChore } from '../control/key-change.ts'
import { runLeaseLoop } from '../control/lease-loop.ts'
import { realPatience } from '../control/patience.ts'
import { stopSignal } from '../control/stop-signal.ts'
import { keptText } from '../kept-text.ts'
import { limits } from '../limits.ts'
import { lockAgent } from '../lock.ts'
import type { Log } from '../log.ts'
import { remembered } from '../remembered.ts'
import { readSettings } from '../settings.ts'
import { ownStorage } from '../storage/own-storage.ts'
import { factsChore } from './facts-chore.ts'
import { thawLeftFrozen } from './freeze/left-frozen.ts'
import { freezeLine } from './freeze/own-line.ts'
import { quietLog } from './freeze/quiet-log.ts'
import { guestIdentity, loadGuest, machineMark } from './identity.ts'
import { createGuestPerform } from './perform.ts'
import { guestRecipes } from './recipes.ts'

/**
 * The agent in a guest, until it is asked to stop: composed of the same parts as a gateway, without pools, maintenance and looks.
 * @throws `IDENTITY_UNREADABLE`, `GUEST_COPIED`, `AGENT_RUNNING`
 */
export const runGuest = async (
  dataDir: string,
  settings: Settings,
  guest: GuestSettings,
  ownLog: Log,
): Promise<void> => {
  const log = quietLog(ownLog)
  const frozen = keptText(join(dataDir, 'gateway', 'frozen.json'))
  await thawLeftFrozen(frozen, log)
  const unlock = await lockAgent(join(dataDir, 'gateway', 'agent.lock'), dataDir)
  const stopping = stopSignal({ process, log, graceMs: limits.stopMs })
  const patience = realPatience
  const random = Math.random
  const mark = await machineMark()
  const { guestUuid } = await loadGuest(join(dataDir, 'gateway', 'guest.json'), mark)
  const connection = await connect(dataDir, settings.control, guest, log)
  const { gatewayDir, identity, identityFile, gatewayId, client, epoch } = connection

  const guestNow = async () => (await readSettings(dataDir)).guest ?? guest
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const bandwidth = createBandwidth({
    plan: guest.bandwidth,
    readPlan: async () => (await guestNow()).bandwidth,
    ...{ timeZone, clock: systemClock, sleep: systemSleep, patience, log },
  })
  const { storage, repositories } = ownStorage(dataDir, guest, {
    ...{ settings: settings.repository, connection, bandwidth, patience, random, log },
  })

  const work = guestRecipes({ dataDir, guestUuid, settings: guestNow, log })
  await work.settle()
  const line = freezeLine(dataDir, {
    ...{ identity, work, patience, random, log, mark: frozen },
    settings: async () => (await guestNow()).freeze,
    changed: () => facts.poke(),
  })
  const catalog = { of: () => `${gatewayId()} ${epoch()}`, clock: systemClock }
  const facts = factsChore({
    ...{ client, gatewayId, guestUuid, work, patience, log },
    freeze: line.told,
    told: remembered(() => ({ facts: '' }), { ...catalog, forMs: limits.guestFactsAgainMs }),
  })
  const keyChange = keyChangeChore({
    ...{ identity, identityFile, patience, log },
    changeFile: join(gatewayDir, 'key-change.json'),
    clientWith: connection.clientWith,
  })
  const enrolAgain = async (because: 'unknown' | 'revoked') => {
    await enrol({
      ...{ client, identity, identityFile, patience, log, name: guest.name },
      guest: await guestIdentity(guestUuid, mark),
      codeFile: join(gatewayDir, 'enrolment-code'),
      ...(because === 'revoked' && { newKeyFile: join(gatewayDir, 'enrolment-key.json') }),
      signal: stopping,
    })
    facts.poke()
  }
  const about = async (): Promise<GatewayAbout> => ({
    ...{ version: VERSION, node: process.versions.node, timeZone },
    platform: `${process.platform} ${process.arch}`,
    machine: hostname().slice(0, 255),
    ...{ slots: guest.slots, bandwidth: bandwidth.plan(), hookScripts: [], bootScripts: [] },
  })

  const allowed = Object.keys(guest.recipes).length
  log.info(
    `Agent in the guest ${guestUuid} on ${dataDir}, ${countText(allowed, 'recipe')} allowed.`,
  )
  if (!identity.gatewayId) await enrolAgain('unknown')
  const chores = [
    line.run(stopping),
    facts.run(stopping),
    bandwidth.run(stopping),
    keyChange.run(stopping),
  ]
  await runLeaseLoop({
    ...{ client, gatewayId, patience, random, log, stopping, about, enrolAgain },
    ...{ instance: ulid(), slots: guest.slots, looks: 0, guest: guestUuid, pools: () => [] },
    clock: systemClock,
    perform: createGuestPerform({
      ...{ guestUuid, name: guest.name, repositories, storage, work },
      recipes: async () => (await guestNow()).recipes,
    }),
    newKey: keyChange.wanted,
    keyRefused: keyChange.refused,
    ended: async () => {
      if (!stopping.aborted) facts.poke()
    },
  })
  await Promise.all(chores)
  await repositories.close()
  unlock()
  log.info('Stopped in good order.')
}
