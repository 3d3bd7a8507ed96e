import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { activeOnly } from '#adapters/wrap/active-only.ts'
import { regionGate } from '#core/region/gate.ts'
import { alone, type RegionSetup } from '#core/region/region.ts'
import type { Ports } from './ports.ts'

/**
 * The catalog as the control plane of one region uses it. Where there is no other region it is what it was. Executions need no names of
 * their own in each region: who takes over goes on with the next attempt (core/region/reassert.ts).
 */
export const inRegion = (
  setup: RegionSetup,
  catalog: Ports['catalog'],
): Pick<Ports, 'catalog' | 'region'> => {
  const region = regionGate({ catalog, clock: systemClock, random: systemRandom, setup })
  return { catalog: setup.others.length === 0 ? catalog : activeOnly(catalog, region), region }
}

/**
 * @param here the region that this runs in
 * @param list `eu-central-1,eu-west-1`: all regions of the deployment, the one it began in first; nothing where there is but one
 */
export const setupOf = (here: string, list: string | undefined): RegionSetup => {
  const [first, ...others] = (list ?? '').split(',').filter(Boolean)
  if (first === undefined || others.length === 0) return alone(here)
  return { here, first, others: [first, ...others].filter(name => name !== here) }
}
