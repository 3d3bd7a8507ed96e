import { keys } from '#core/catalog/keys.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'

/** How long it is remembered what became of an occasion, in ms: much longer than anything looks back (fire-schedule.ts, follow.ts). */
const KEPT = 30 * 86_400_000

/** Each new decision takes up to so many old ones of its policy away, so that there are never many. */
const SWEPT_AT_ONCE = 25

/** Forgets decisions that nobody can come back for. What fails is done by a later one. */
export const sweepFirings = async (
  catalog: Catalog,
  policyId: string,
  now: number,
): Promise<void> => {
  const old = async (prefix: string) =>
    // Oldest first: both kinds of sort keys begin with a time.
    (
      await catalog.query<{ due: number }>(keys.firing(policyId, '').pk, {
        prefix,
        limit: SWEPT_AT_ONCE,
      })
    ).items.filter(({ value }) => value.due < now - KEPT)
  try {
    const items = [...(await old('at#')), ...(await old('after#'))]
    if (items.length === 0) return
    await catalog.write(
      items.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk }, expect: 'any' })),
    )
  } catch {
    // Nothing that was decided hangs on it.
  }
}

/** Whoever was deciding when the policy was deleted has come to an end by then, in ms. */
const SETTLED = 3_600_000

/** Forgets what was decided for a policy that was deleted, some of it at each call; that nothing is left is written down with it, so that nobody looks again. */
export const sweepDeleted = async (
  catalog: Catalog,
  { sk: policyId, version, value }: CatalogItem<StoredPolicy>,
  now: number,
): Promise<void> => {
  if (!value.deleted || value.swept) return
  const { items } = await catalog.query(keys.firing(policyId, '').pk, { limit: 100 })
  if (items.length > 0)
    await catalog.write(
      items.map(({ pk, sk }) => ({ kind: 'delete', key: { pk, sk }, expect: 'any' })),
    )
  else if (value.deleted.at < now - SETTLED) {
    const swept: StoredPolicy = { ...value, swept: true }
    const key = keys.policy(policyId)
    await catalog.write([{ kind: 'put', key, value: swept, expect: { version } }])
  }
}
