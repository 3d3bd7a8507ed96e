import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { CopiedSite } from './good-calls.ts'

/** What tells who called and how often, and is different each time. */
const BESIDE = /^(AUDIT|NONCES#|IDEMPOTENT$|GUESSES$)/
const ULID = /\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g

/**
 * All that a catalog holds, as text to compare: what is made anew each time (ids, hashes, times) is blotted out, jobs of runs that were never stored are left out.
 * @param known ids that both have
 */
export const stateOfSite = async (
  { catalog, partitions }: CopiedSite,
  known: ReadonlySet<string>,
): Promise<string[]> => {
  const blotted = (text: string) =>
    text
      .replace(ULID, id => (known.has(id) ? id : '<id>'))
      .replace(/\b[0-9a-f]{64}\b/g, '<hash>')
      .replace(/\b1[67]\d{11}\b/g, '<time>')
      .replace(/"record":\d+/g, '"record":<seq>')
  const runs = new Set<string>()
  for await (const { sk } of queryAll(catalog, keys.run('').pk)) runs.add(sk)
  const isOrphan = (pk: string, value: unknown) => {
    const named = /^(JOBS$|VMJOBS#|USES#)/.test(pk)
      ? (value as { runId?: string }).runId
      : undefined
    const owner = pk.startsWith('RUN#') ? pk.slice(4) : named
    return owner !== undefined && !runs.has(owner)
  }
  const lines: string[] = []
  for (const pk of partitions()) {
    if (BESIDE.test(pk)) continue
    for await (const { sk, value } of queryAll(catalog, pk))
      if (!isOrphan(pk, value)) lines.push(blotted(`${pk} ${sk} ${JSON.stringify(value)}`))
  }
  return lines.sort()
}
