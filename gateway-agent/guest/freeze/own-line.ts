import { systemClock } from '#adapters/system/clock.ts'
import type { FreezeSettings } from '#core/contracts/guest-settings.ts'
import type { PutGuestFactsRequest } from '#core/contracts/guests-api.ts'
import type { Identity } from '../../control/identity.ts'
import type { Patience } from '../../control/patience.ts'
import type { KeptText } from '../../kept-text.ts'
import type { GuestWork } from '../guest-work.ts'
import { createFreezeLine, type FreezeLine } from './freeze-line.ts'
import { createFreezer, type Freezer } from './freezer.ts'
import { gatewayCalls } from './gateway-calls.ts'
import { systemGuard } from './guard.ts'
import { createHoldStill } from './hold-still.ts'
import { notMountPoints } from './mount-points.ts'
import type { QuietLog } from './quiet-log.ts'

/** Where the settings allow nothing, or what they name cannot be used, they are read again after so long, in ms. */
const AGAIN_MS = 10_000

export interface OwnLine extends Pick<FreezeLine, 'run'> {
  /** What may be frozen, and why that cannot be now; nothing where the settings allow none. */
  told(): PutGuestFactsRequest['freeze']
}

interface FreezeHost {
  identity: Pick<Identity, 'privateKey'>
  work: Pick<GuestWork, 'holdStill'>
  /** What is about to be frozen, for a later life. */
  mark: Pick<KeptText, 'save'>
  /** As they stand now. @throws where they cannot be read: then what stood there before counts */
  settings: () => Promise<FreezeSettings | undefined>
  /** What it tells is another. */
  changed: () => void
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  log: QuietLog
}

/**
 * Holds this machine still when its gateway asks, within its settings. They take effect while it runs: within half a minute, and never in the middle of a freeze.
 * The helpers that freeze are started with it.
 */
export const freezeLine = (dataDir: string, host: FreezeHost): OwnLine => {
  const { settings, changed, patience, log } = host
  let now: { settings: FreezeSettings; problem(): string | undefined } | undefined

  const linger = async (wanted: FreezeSettings, signal: AbortSignal): Promise<void> => {
    const calls = await gatewayCalls(dataDir, wanted, { ...host, clock: systemClock })
    const freezer = createFreezer(mounts => host.mark.save(JSON.stringify(mounts)), systemGuard())
    const holdStill = createHoldStill({
      ...{ settings, work: host.work, notMounted: notMountPoints, log },
      freezer: quietly(freezer, log),
    })
    const isCurrent = async () => isSame(await settings().catch(() => wanted), wanted)
    const line = createFreezeLine({ ...host, calls, holdStill, isCurrent })
    now = { settings: wanted, problem: line.problem }
    await line.run(signal)
    await freezer.close()
  }

  return {
    told() {
      if (!now) return undefined
      const { mounts, recipes } = now.settings
      const problem = now.problem()
      return { mounts, recipes, ...(problem !== undefined && { problem: problem.slice(0, 1_000) }) }
    },
    async run(signal) {
      while (!signal.aborted) {
        const wanted = await settings().catch(() => undefined)
        if (wanted)
          await linger(wanted, signal).catch(error => {
            const problem = error instanceof Error ? error.message : String(error)
            log.warn('This machine cannot be held still', error)
            now = { settings: wanted, problem: () => problem }
          })
        if (!wanted) now = undefined
        if (signal.aborted) break
        changed()
        if (!isSame(await settings().catch(() => undefined), wanted)) continue
        await patience.wait(AGAIN_MS, signal)
      }
    },
  }
}

const isSame = (one: FreezeSettings | undefined, other: FreezeSettings | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** From before the freeze to after the thaw nothing is written to a log. */
const quietly = (
  freezer: Freezer,
  log: Pick<QuietLog, 'hold' | 'goOn'>,
): Pick<Freezer, 'freeze'> => ({
  async freeze(order) {
    log.hold()
    try {
      const frozen = await freezer.freeze(order)
      return { leftMs: frozen.leftMs, thaw: () => frozen.thaw().finally(log.goOn) }
    } catch (error) {
      log.goOn()
      throw error
    }
  },
})
