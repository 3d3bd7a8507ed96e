import { isConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import {
  RegionAloneError,
  RegionEpochChangedError,
  RegionListensError,
  RegionStandbyError,
} from '../errors/region.ts'
import { ulidMaker } from '../ids.ts'
import { announcement } from '../notifications/announce.ts'
import type { Catalog, Clock, Random, Region } from '../ports.ts'
import { type Known, readKnown } from './known.ts'
import { isActive, type RegionRecord, type RegionSetup, type RegionView } from './region.ts'
import { isListening, nextSign } from './signs-of-life.ts'

/**
 * How old what is known of the regions may be, in ms. Each call asks, so this is what saves a read; beside the lag of a global table (about
 * a second) it is how long two regions may both think that they are active when one has taken over.
 */
const FRESH_MS = 5_000

/** No gateway is believed that knows of more take-overs than this that are unknown here: one that lies would use up the numbers. */
const UNHEARD_OF = 1_000

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
  const { here, first, others } = setup
  const isAlone = others.length === 0
  let last: { known: Known; at: number } | undefined

  const knownAnew = async (): Promise<Known> => {
    const known = await readKnown(catalog, setup)
    last = { known, at: clock.now() }
    return known
  }
  const knownLately = async (): Promise<Known> =>
    last && clock.now() - last.at < FRESH_MS ? last.known : knownAnew()

  const viewOf = ({ record, heard, own, signs }: Known): RegionView => {
    const view = { here, active: record?.value.active ?? first, epoch: record?.value.epoch ?? 0 }
    const words = Object.fromEntries(Object.entries(signs).map(([name, { at }]) => [name, at]))
    return {
      ...view,
      ...(record && { record: record.value }),
      ...(heard > view.epoch && { heard }),
      ...(view.active === here &&
        isListening(own, Object.values(signs), clock.now()) && { listens: true as const }),
      lastWords: words,
    }
  }

  const view = async (): Promise<RegionView> =>
    isAlone ? { here, active: first, epoch: 0 } : viewOf(await knownLately())

  const hear = async (told: number, { heard = 0, epoch }: RegionView): Promise<void> => {
    if (told <= heard || told > epoch + UNHEARD_OF) return
    await catalog.write([
      { kind: 'put', key: keys.regionHeard(), value: { epoch: told }, expect: 'any' },
    ])
    last = undefined
  }

  return {
    setup,
    view,

    async guardActive() {
      const now = await view()
      if (now.active !== here) throw new RegionStandbyError(here, now.active, now.epoch)
      if (now.listens) throw new RegionListensError(here)
    },

    async guardEpoch(told) {
      if (isAlone) return
      let now = await view()
      // Somebody has heard of a take-over that has not come here yet, or not into our memory.
      if (told > now.epoch) now = viewOf(await knownAnew())
      if (told > now.epoch) {
        await hear(told, now)
        throw new RegionStandbyError(here, others.join(' or '), told)
      }
      if (told < now.epoch) throw new RegionEpochChangedError(told, now.epoch)
    },

    async giveSign() {
      if (isAlone) return
      const { own, signs } = await knownLately()
      const value = nextSign(own, Object.values(signs), clock.now())
      if (!value) return
      await catalog.write([{ kind: 'put', key: keys.regionSign(here), value, expect: 'any' }])
      last = undefined
    },

    async takeOver({ by, why }) {
      if (isAlone) throw new RegionAloneError(here)
      const known = await knownAnew()
      const before = viewOf(known)
      if (isActive(before) && before.heard === undefined) return before
      const since = clock.now()
      const epoch = Math.max(before.epoch, before.heard ?? 0) + 1
      // One that is active already takes over from whoever did so unheard of.
      const from = before.active === here ? (others[0] ?? here) : before.active
      const told = { epoch, by, ...(why !== undefined && { why }) }
      const value: RegionRecord = { ...told, active: here, since, former: from }
      const expect = known.record ? { version: known.record.version } : ('absent' as const)
      const eventId = ulidMaker({ clock, random })()
      try {
        await catalog.write([
          { kind: 'put', key: keys.region(), value, expect },
          { kind: 'put', key: keys.regionSign(here), value: { at: since }, expect: 'any' },
          ...announcement({
            ...told,
            kind: 'region-taken-over',
            eventId,
            at: since,
            from,
            to: here,
          }),
        ])
      } catch (error) {
        if (!isConflict(error)) throw error // else somebody pressed the same button at the same moment
      }
      return viewOf(await knownAnew())
    },
  }
}
