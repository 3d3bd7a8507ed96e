import type { PolicyInput } from '#core/contracts/policies.ts'
import { safeText } from '../output/safe-text.ts'

const LENGTH = 200

/**
 * What differs between two states of a policy, a line each: `retention.daily: 14 instead of 7`, `window: none any more`. Lists count as a whole.
 */
export const policyChanges = (before: PolicyInput, after: PolicyInput): string[] => {
  const [old, now] = [membersOf(before), membersOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap(path => {
    const [was, is] = [old.get(path), now.get(path)]
    if (was === is) return []
    if (was === undefined) return [line(`${path}: ${is}, new`)]
    return [
      line(
        is === undefined
          ? `${path}: none any more (it was ${was})`
          : `${path}: ${is} instead of ${was}`,
      ),
    ]
  })
}

const line = (text: string): string => {
  const safe = safeText(text)
  return safe.length > LENGTH ? `${safe.slice(0, LENGTH - 2)} …` : safe
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
