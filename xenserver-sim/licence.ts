import type { State } from './state.ts'
import { XapiError } from './xapi/errors.ts'
import { thePool } from './xapi/pool-hosts.ts'

/** What an edition may not do, by the name that an option or a test gives it. */
const restrictions = {
  cbt: 'restrict_cbt',
  checkpoint: 'restrict_checkpoint',
  vtpm: 'restrict_vtpm',
  zstd: 'restrict_zstd_export',
} as const

/** A feature that a licence may withhold. */
export type LicensedFeature = keyof typeof restrictions

export const licensedFeatures = Object.keys(restrictions) as LicensedFeature[]

/** `pool.restrictions` of a licence that lacks these features. */
export const restrictionsWithout = (lacking: readonly LicensedFeature[]): Record<string, string> =>
  Object.fromEntries([
    ...licensedFeatures.map(feature => [restrictions[feature], String(lacking.includes(feature))]),
    ['restrict_locking_mode', 'false'],
  ])

/** Throws LICENCE_RESTRICTION [name] where the pool's licence withholds the feature. */
export const assertLicensed = (state: State, feature: LicensedFeature, name: string): void => {
  if (thePool(state)[1].restrictions[restrictions[feature]] === 'true')
    throw new XapiError('LICENCE_RESTRICTION', name)
}
