import { isXapiError } from '#core/errors/xenserver.ts'
import { type Maker, markOf } from '#core/points/marks.ts'
import type { Ref, Xapi } from './api.ts'
import { JOB_TAG, SELF_TAG } from './ours.ts'
import { VoidAnswer } from './void-answer.ts'

/** Somebody else may set the same key between our two calls, and again. */
const ATTEMPTS = 5

/** Sets keys of a map field: `add_to_…` refuses an existing key (MAP_DUPLICATE_KEY), `remove_from_…` a missing one never. */
export const setMapKeys = async (
  { call }: Pick<Xapi, 'call'>,
  field: `${string}.${string}`,
  ref: Ref,
  keys: Record<string, string>,
): Promise<void> => {
  const [className, name] = field.split('.')
  const set = async (key: string, value: string, attempt = 1): Promise<void> => {
    try {
      await call(`${className}.add_to_${name}`, [ref, key, value], VoidAnswer)
    } catch (error) {
      if (attempt >= ATTEMPTS || !isXapiError(error, 'MAP_DUPLICATE_KEY')) throw error
      await call(`${className}.remove_from_${name}`, [ref, key], VoidAnswer)
      await set(key, value, attempt + 1)
    }
  }
  for (const [key, value] of Object.entries(keys)) await set(key, value)
}

/**
 * Marks a snapshot or a disk of it that was made a moment ago: in one call, since nobody else writes there yet.
 * @param record as it was born, with what it inherited
 */
export const tagNewborn = async (
  { call }: Pick<Xapi, 'call'>,
  className: 'VM' | 'VDI',
  ref: Ref,
  { uuid, other_config }: { uuid: string; other_config: Record<string, string> },
  maker: Maker,
): Promise<void> => {
  const marked = { ...other_config, [JOB_TAG]: markOf(maker), [SELF_TAG]: uuid }
  await call(`${className}.set_other_config`, [ref, marked], VoidAnswer)
}

/**
 * Marks an object as made by a job, in a way that no copy of it inherits. The UUID goes last: until then, a mark that was
 * copied from elsewhere does not count.
 */
export const tagAsOurs = (
  xapi: Pick<Xapi, 'call'>,
  className: 'VM' | 'VDI',
  ref: Ref,
  uuid: string,
  maker: Maker,
): Promise<void> =>
  setMapKeys(xapi, `${className}.other_config`, ref, { [JOB_TAG]: markOf(maker), [SELF_TAG]: uuid })

export const removeMapKeys = async (
  { call }: Pick<Xapi, 'call'>,
  field: `${string}.${string}`,
  ref: Ref,
  keys: readonly string[],
): Promise<void> => {
  const [className, name] = field.split('.')
  for (const key of keys) await call(`${className}.remove_from_${name}`, [ref, key], VoidAnswer)
}
