import type { XenkeepError } from '../errors/base.ts'
import { ServerOlderError } from '../errors/recipes.ts'
import { newInvocationId, tombstoneLife } from '../site/rules/recipe-rules.ts'

/** When the recovery point was made, and now; ms since 1970. */
export interface RuleTimes {
  taken: number
  now: number
}

/** @param given what the recipe says it is about, by its own names @returns why the restore would break the rule */
export type Rule = (
  given: Readonly<Record<string, string>>,
  times: RuleTimes,
) => XenkeepError | undefined

/** No dump goes into a server that is older than its own: pg_restore, and RESTORE DATABASE, promise nothing for that. */
const serverNotOlder: Rule = ({ saved = '', here = '' }) => {
  const major = (version: string) => Math.floor(Number(version) / 10_000)
  return major(here) < major(saved) ? new ServerOlderError(saved, here) : undefined
}

/** Rules that steps of a restore may name. */
export const rules: ReadonlyMap<string, Rule> = new Map([
  ['server-not-older', serverNotOlder],
  ['tombstone-life', tombstoneLife],
  ['new-invocation-id', newInvocationId],
])
