import { isConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { RegionAloneError, RegionEpochChangedError, RegionStandbyError } from '../errors/region.ts'
import { ulidMaker } from '../ids.ts'
import { announcement } from '../notifications/announce.ts'
import type { Catalog, Clock, Random, Region } from '../ports.ts'
import { isActive, type RegionRecord, type RegionSetup, type RegionView, viewOf } from './region.ts'

/**
 * How old what is known of the regions may be, in ms. Each call asks, so this is what saves a read; beside the lag of a global table (about
 * a second) it is how long two regions may both think that they are active when one has taken over.
 */
const FRESH_MS = 5_000

/**
 * Which region is active, by the record in the catalog (docs/decisions/0230-regions-take-over-by-hand.md).
 * @param catalog not the one that writes only in the active region: the record itself is written by the one that takes over
 */
export const regionGate = ({
  catalog,
  clock,
  random,
  setup,
}: {
  catalog: Catalog
  clock: Clock
  random: Random
  setup: RegionSetup
}): Region => {
  const key = keys.region()
  let known: { view: RegionView; at: number } | undefined

  const readAnew = async (): Promise<RegionView> => {
    const item = await catalog.get<RegionRecord>(key)
    known = { view: viewOf(setup, item?.value), at: clock.now() }
    return known.view
  }

  const view = async (): Promise<RegionView> => {
    if (setup.others.length === 0) return viewOf(setup, undefined)
    return known && clock.now() - known.at < FRESH_MS ? known.view : readAnew()
  }

  const guardActive = async (): Promise<void> => {
    const { here, active, epoch } = await view()
    if (here !== active) throw new RegionStandbyError(here, active, epoch)
  }

  return {
    setup,
    view,
    guardActive,

    async guardEpoch(told) {
      let now = await view()
      if (setup.others.length === 0) return
      // Somebody has heard of a take-over that has not come here yet, or not into our memory.
      if (told > now.epoch) now = await readAnew()
      if (told > now.epoch) throw new RegionStandbyError(now.here, 'another one', told)
      if (told < now.epoch) throw new RegionEpochChangedError(told, now.epoch)
    },

    async takeOver({ by, why }) {
      if (setup.others.length === 0) throw new RegionAloneError(setup.here)
      const item = await catalog.get<RegionRecord>(key)
      const before = viewOf(setup, item?.value)
      if (isActive(before)) return readAnew()
      const since = clock.now()
      const { here: to, active: from } = before
      const epoch = before.epoch + 1
      const told = { epoch, by, ...(why !== undefined && { why }) }
      const value: RegionRecord = { ...told, active: to, since, former: from }
      const eventId = ulidMaker({ clock, random })()
      try {
        await catalog.write([
          { kind: 'put', key, value, expect: item ? { version: item.version } : 'absent' },
          ...announcement({ ...told, kind: 'region-taken-over', eventId, at: since, from, to }),
        ])
      } catch (error) {
        if (!isConflict(error)) throw error // else somebody pressed the same button at the same moment
      }
      return readAnew()
    },
  }
}
