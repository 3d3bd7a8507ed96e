import { isConflict, queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Policy, PolicyInput } from '../contracts/policies.ts'
import {
  PolicyChangedError,
  PolicyNameTakenError,
  PolicyNotFoundError,
} from '../errors/policies.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'

/** A policy as the catalog keeps it. A deleted one stays, for the retention of its points and for whoever asks later what they were made by. */
export interface StoredPolicy {
  policy: Policy
  /** Who saved it last, and when (ms since 1970). */
  changed: number
  changedBy: string
  /** Times of its schedule, and ends of the runs that it follows, count from then on (ms since 1970). */
  since: number
  deleted?: { at: number; by: string }
  /** Of a deleted one: nothing is kept any more of what became of its times. */
  swept?: true
}

/** By whom and when (ms since 1970) something is changed. */
export interface Change {
  by: string
  at: number
}

/** What is written in one piece with a policy as it will be. */
type Beside = (item: CatalogItem<StoredPolicy>) => readonly CatalogWrite[]

/** @throws `POLICY_NAME_TAKEN` */
export const createPolicy = async (
  catalog: Catalog,
  policyId: string,
  input: PolicyInput,
  { by, at }: Change,
  beside: Beside = () => [],
): Promise<CatalogItem<StoredPolicy>> => {
  const policy: Policy = { ...input, policyId }
  const value: StoredPolicy = { policy, changed: at, changedBy: by, since: at }
  const made = { ...keys.policy(policyId), version: 1, value }
  await writeNamed(catalog, input.name, [
    { kind: 'put', key: keys.policy(policyId), value, expect: 'absent' },
    nameWrite(input.name, policyId),
    ...beside(made),
  ])
  return made
}

/**
 * Replaces a policy as a whole.
 * @param before what was read and found good to be replaced: it, and no other state, is what the write replaces
 * @throws `POLICY_CHANGED`, `POLICY_NAME_TAKEN`
 */
export const replacePolicy = async (
  catalog: Catalog,
  before: CatalogItem<StoredPolicy>,
  input: PolicyInput,
  { by, at }: Change,
  beside: Beside = () => [],
): Promise<CatalogItem<StoredPolicy>> => {
  const { version } = before
  const { policyId } = before.value.policy
  const policy: Policy = { ...input, policyId }
  // What was missed under another schedule, or while it was disabled, is no business of this one.
  const since = runsAlike(before.value.policy, policy) ? before.value.since : at
  const value: StoredPolicy = { policy, changed: at, changedBy: by, since }
  const saved = { ...before, version: version + 1, value }
  const renamed = fold(before.value.policy.name) !== fold(input.name)
  await writeNamed(
    catalog,
    input.name,
    [
      { kind: 'put', key: keys.policy(policyId), value, expect: { version } },
      ...(renamed ? [nameWrite(input.name, policyId), nameRemoval(before.value.policy.name)] : []),
      ...beside(saved),
    ],
    before,
  )
  return saved
}

/**
 * Ends a policy: it never runs again. Its record stays.
 * @throws `POLICY_NOT_FOUND`, `POLICY_CHANGED`
 */
export const deletePolicy = async (
  catalog: Catalog,
  policyId: string,
  version: number,
  { by, at }: Change,
  beside: Beside = () => [],
): Promise<StoredPolicy> => {
  const before = await readPolicyAt(catalog, policyId, version)
  const { policy } = before.value
  const value: StoredPolicy = { ...before.value, deleted: { at, by } }
  await writeNamed(
    catalog,
    policy.name,
    [
      { kind: 'put', key: keys.policy(policyId), value, expect: { version } },
      nameRemoval(policy.name),
      ...beside({ ...before, version: version + 1, value }),
    ],
    before,
  )
  return value
}

/** @throws `POLICY_NOT_FOUND` also of one that was deleted, unless those are asked for */
export const readPolicy = async (
  catalog: Catalog,
  policyId: string,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<CatalogItem<StoredPolicy>> => {
  const item = await catalog.get<StoredPolicy>(keys.policy(policyId))
  if (!item || (item.value.deleted && !deleted)) throw new PolicyNotFoundError(policyId)
  return item
}

/** All policies by age, those that were deleted left out unless asked for. */
export const readPolicies = async (
  catalog: Pick<Catalog, 'query'>,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<CatalogItem<StoredPolicy>[]> =>
  (await Array.fromAsync(queryAll<StoredPolicy>(catalog, keys.policy('').pk))).filter(
    item => deleted || !item.value.deleted,
  )

/**
 * @param version of the one that a change was made from
 * @throws `POLICY_NOT_FOUND`, `POLICY_CHANGED`
 */
export const readPolicyAt = async (
  catalog: Catalog,
  policyId: string,
  version: number,
): Promise<CatalogItem<StoredPolicy>> => {
  const item = await readPolicy(catalog, policyId)
  if (item.version !== version) throw changed(item)
  return item
}

const changed = ({ value }: CatalogItem<StoredPolicy>) =>
  new PolicyChangedError(value.policy.name, value.changedBy)

/** Tells who stood in the way of a write: another policy of that name, or another writer of this policy. */
const writeNamed = async (
  catalog: Catalog,
  name: string,
  writes: readonly CatalogWrite[],
  before?: CatalogItem<StoredPolicy>,
): Promise<void> => {
  try {
    await catalog.write(writes)
  } catch (error) {
    if (!isConflict(error)) throw error
    const now = before && (await catalog.get<StoredPolicy>(keys.policy(before.sk)))
    if (now && now.version !== before.version) throw changed(now)
    const owner = await catalog.get<{ policyId: string }>(keys.policyName(fold(name)))
    if (owner && owner.value.policyId !== before?.sk) throw new PolicyNameTakenError(name)
    throw error
  }
}

/** Whether two states of a policy run at the same occasions. */
const runsAlike = (a: Policy, b: Policy): boolean =>
  a.enabled === b.enabled &&
  a.schedule?.cron === b.schedule?.cron &&
  a.schedule?.timeZone === b.schedule?.timeZone &&
  a.after?.policyId === b.after?.policyId &&
  a.pausedUntil === b.pausedUntil

/** Two names are the same for people who read them aloud. */
const fold = (name: string): string => name.trim().normalize('NFC').toLowerCase()

const nameWrite = (name: string, policyId: string): CatalogWrite => ({
  kind: 'put',
  key: keys.policyName(fold(name)),
  value: { policyId },
  expect: 'absent',
})

const nameRemoval = (name: string): CatalogWrite => ({
  kind: 'delete',
  key: keys.policyName(fold(name)),
  expect: 'any',
})
