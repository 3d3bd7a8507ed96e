/**
 * What of a request stands in its record, chosen by name: everything else may hold a secret, now or in a later version, and only its name is
 * told.
 */
const TOLD = new Set([
  'kind',
  'name',
  'vm',
  'vms',
  'templates',
  'pools',
  'hosts',
  'pool',
  'sr',
  'pointId',
  'pointIds',
  'policyId',
  'newName',
  'poolUuid',
  'srUuid',
  'start',
  'command',
  'force',
  'full',
  'overwrite',
  'role',
  'expires',
  'enabled',
  'until',
  'reason',
  'because',
  'approve',
  'maintenance',
  'on',
  'steps',
  'step',
  'siteId',
  'vmName',
  'evenLast',
  'why',
  'confirm',
  'version',
  'selection',
  'method',
  'schedule',
  'retention',
  'lock',
  'what',
  'volume',
  'path',
  'identity',
  'overrides',
  'recipe',
  'guestUuid',
  'instance',
  'target',
  'onto',
  'note',
  'for',
])

/** Told member by member, by the same choice. */
const WITHIN = new Set(['policy', 'wishes'])

/** The longest value that is told in full, in characters of JSON. */
const LONGEST = 160

/** Why somebody did it: in full, as far as a record holds it. */
const REASONS = new Set(['because', 'reason', 'overrides', 'note'])
const LONGEST_REASON = 480

/** @param json the body as it came, maybe not valid at all */
export const auditedDetail = (json: unknown): string | undefined => {
  const parts = partsOf(json)
  return parts.length === 0 ? undefined : parts.join('; ').toWellFormed()
}

const partsOf = (json: unknown, within = ''): string[] => {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return []
  return Object.entries(json)
    .slice(0, 20)
    .flatMap(([name, value]) => {
      const parts = within === '' && WITHIN.has(name) ? partsOf(value, `${name}.`) : []
      if (parts.length > 0) return parts
      return TOLD.has(name)
        ? `${within}${name}: ${REASONS.has(name) ? cut(value, LONGEST_REASON) : short(value)}`
        : within + name.slice(0, 40)
    })
}

const short = (value: unknown): string =>
  Array.isArray(value) && JSON.stringify(value).length > LONGEST
    ? `${value.length} items`
    : cut(value, LONGEST)

const cut = (value: unknown, longest: number): string => {
  const text = JSON.stringify(value)
  return text.length <= longest ? text : `${text.slice(0, longest)}…`
}
