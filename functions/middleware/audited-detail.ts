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
])

/** The longest value that is told in full, in characters of JSON. */
const LONGEST = 160

/** @param json the body as it came, maybe not valid at all */
export const auditedDetail = (json: unknown): string | undefined => {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const members = Object.entries(json).filter(([, value]) => value !== undefined)
  if (members.length === 0) return undefined
  const parts = members
    .slice(0, 20)
    .map(([name, value]) => (TOLD.has(name) ? `${name}: ${short(value)}` : name.slice(0, 40)))
  return parts.join('; ').toWellFormed()
}

const short = (value: unknown): string => {
  const text = JSON.stringify(value)
  if (text.length <= LONGEST) return text
  return Array.isArray(value) ? `${value.length} items` : `${text.slice(0, LONGEST)}…`
}
