import { systemClock } from '#adapters/system/clock.ts'
import type { FreezeSettings } from '#core/contracts/guest-settings.ts'
import type { PutGuestFactsRequest } from '#core/contracts/guests-api.ts'
import type { Identity } from '../../control/identity.ts'
import type { Patience } from '../../control/patience.ts'
import type { KeptText } from '../../kept-text.ts'
import type { Log } from '../../log.ts'
import type { GuestWork } from '../guest-work.ts'
import { createFreezeLine } from './freeze-line.ts'
import { createFreezer } from './freezer.ts'
import { gatewayCalls } from './gateway-calls.ts'
import { createHoldStill } from './hold-still.ts'
import { notMountPoints } from './mount-points.ts'

/** Holds this machine still when its gateway asks, within its settings. The helpers that freeze are started with it. */
export const freezeLine = async (
  dataDir: string,
  atStart: FreezeSettings,
  {
    identity,
    work,
    mark,
    settings,
    changed,
    ...host
  }: {
    identity: Pick<Identity, 'privateKey'>
    work: GuestWork
    /** What is about to be frozen, for a later life. */
    mark: Pick<KeptText, 'save'>
    /** As they stand now. */
    settings: () => Promise<FreezeSettings | undefined>
    /** What it tells is another. */
    changed: () => void
    patience: Patience
    random: () => number
    log: Log
  },
): Promise<{
  told(): PutGuestFactsRequest['freeze']
  run(signal: AbortSignal): Promise<void>
}> => {
  const calls = await gatewayCalls(dataDir, atStart, { identity, clock: systemClock })
  const freezer =
    atStart.mounts.length > 0
      ? createFreezer(mounts => mark.save(JSON.stringify(mounts)))
      : undefined
  const holdStill = createHoldStill({
    ...{ settings, work, notMounted: notMountPoints, log: host.log },
    freezer: freezer ?? {
      freeze: async () => {
        throw new Error(
          'its settings name mount points since the agent was started; start it again',
        )
      },
    },
  })
  const line = createFreezeLine({ ...host, calls, holdStill, changed })
  return {
    told() {
      const { mounts, recipes } = atStart
      const problem = line.problem()
      return { mounts, recipes, ...(problem !== undefined && { problem: problem.slice(0, 1_000) }) }
    },
    async run(signal) {
      await line.run(signal)
      await freezer?.close()
    },
  }
}
