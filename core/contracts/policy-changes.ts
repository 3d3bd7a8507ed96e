import type { PolicyInput } from './policies.ts'

/**
 * What differs between two states of a policy, a line each: `retention.daily: 14 instead of 7`, `window: none any more`. Lists count as a whole.
 */
export const policyChanges = (before: PolicyInput, after: PolicyInput): string[] => {
  const [old, now] = [membersOf(before), membersOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap(path => {
    const [was, is] = [old.get(path), now.get(path)]
    if (was === is) return []
    if (was === undefined) return [`${path}: ${is}, new`]
    return [
      is === undefined
        ? `${path}: none any more (it was ${was})`
        : `${path}: ${is} instead of ${was}`,
    ]
  })
}

/** Every member that holds no others, by its path. */
const membersOf = (value: unknown, path = ''): Map<string, string> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map(value === undefined ? [] : [[path, JSON.stringify(value)]])
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [
      ...membersOf(member, path === '' ? name : `${path}.${name}`),
    ]),
  )
}
