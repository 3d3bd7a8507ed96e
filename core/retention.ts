import type { LockMode, Retention } from './ports.ts'

/**
 * @param found what the object has now
 * @returns the lock that holds all that is asked for and gives up nothing that is there
 */
export const strongerRetention = (
  found: Retention | undefined,
  { until, mode }: Retention,
): Retention => ({
  until: Math.max(until, found?.until ?? 0),
  mode:
    mode === 'compliance' || found?.mode === 'compliance'
      ? 'compliance'
      : ('governance' as LockMode),
})

/** @returns whether `found` is at least as long and as strict as `wanted` */
export const fulfils = (found: Retention | undefined, wanted: Retention): boolean =>
  found !== undefined &&
  found.until >= wanted.until &&
  (found.mode === 'compliance' || wanted.mode === 'governance')
