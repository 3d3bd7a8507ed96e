import { Role } from '../contracts/routes/route.ts'

/** Which groups of a company's identity provider stand for which role. Names as the provider sends them, compared as a whole. */
export type GroupsOfRoles = Partial<Record<Role, readonly string[]>>

/**
 * The role of who is in these groups: of several the highest, of none none.
 * @param claim as Cognito hands it over: one name, a JSON list, or `[a, b]` with names that are form-encoded (Cognito, "attribute mapping"). Brackets
 *   mean a list; a single name is taken as it stands, commas and all (LDAP).
 */
export const roleOfGroups = (roles: GroupsOfRoles, claim: unknown): Role | undefined => {
  const groups = new Set(namesOf(claim))
  return Role.options.findLast(role => roles[role]?.some(name => groups.has(name)))
}

const namesOf = (claim: unknown): string[] => {
  if (Array.isArray(claim)) return claim.filter(name => typeof name === 'string')
  if (typeof claim !== 'string') return []
  const list = /^\[(.*)\]$/s.exec(claim.trim())?.[1]
  if (list === undefined) return [claim]
  return (
    jsonList(claim) ??
    list
      .split(',')
      .map(name => name.trim())
      .flatMap(name => [name, formDecoded(name)])
  )
}

const jsonList = (text: string): string[] | undefined => {
  try {
    return (JSON.parse(text) as unknown[]).filter(name => typeof name === 'string')
  } catch {
    return undefined
  }
}

const formDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text // a per cent sign that encodes nothing
  }
}

/** Of whom no group has a role: a word of its own, since an empty attribute would leave an older value standing (Cognito). */
const NOBODY = 'none'

/** What a provider said of a person, and when: `operator 1790000000`, seconds since 1970. */
export const statement = (role: Role | undefined, nowMs: number): string =>
  `${role ?? NOBODY} ${Math.floor(nowMs / 1_000)}`

/**
 * The role that a statement gives now.
 * @param text an attribute of the user; whatever it holds
 * @param maxAgeMs how long a statement is believed. One of the future is not.
 */
export const roleStated = (
  text: string | undefined,
  { nowMs, maxAgeMs }: { nowMs: number; maxAgeMs: number },
): Role | undefined => {
  const [, role, seconds] = /^([a-z]+) (\d{1,12})$/.exec(text ?? '') ?? []
  const age = nowMs - Number(seconds) * 1_000
  return age >= -CLOCKS_DIFFER && age <= maxAgeMs ? Role.safeParse(role).data : undefined
}

/** ms */
const CLOCKS_DIFFER = 60_000
