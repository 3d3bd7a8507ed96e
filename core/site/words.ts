import type { SiteRole } from '../contracts/site-roles.ts'
import { safeText } from '../safe-text.ts'

/** What machines of a role are called, one and many. */
const WORDS: Record<SiteRole, readonly [one: string, many: string]> = {
  ddc: ['Delivery Controller', 'Delivery Controllers'],
  sql: ['SQL Server', 'SQL Servers'],
  license: ['licence server', 'licence servers'],
  dc: ['domain controller', 'domain controllers'],
  storefront: ['StoreFront server', 'StoreFront servers'],
  pvs: ['Citrix Provisioning server', 'Citrix Provisioning servers'],
  'master-image': ['master image', 'master images'],
  template: ['template', 'templates'],
  dedicated: ['dedicated desktop', 'dedicated desktops'],
  pooled: ['pooled desktop', 'pooled desktops'],
  'pool-metadata': ['pool', 'pools'],
  'host-metadata': ['host', 'hosts'],
  custom: ['machine', 'machines'],
}

export const roleWord = (role: SiteRole): string => WORDS[role][0]

/** @returns `1 pooled desktop`, `23 pooled desktops` */
export const countOfRole = (count: number, role: SiteRole): string =>
  `${count.toLocaleString('en')} ${WORDS[role][count === 1 ? 0 : 1]}`

/** Servers of one role stand in for each other: never two of them are at rest together. */
export const STANDING_IN: ReadonlySet<SiteRole> = new Set([
  'ddc',
  'sql',
  'license',
  'dc',
  'storefront',
  'pvs',
])

/** A name in quotes, cut to `max` characters. */
export const quoted = (name: string, max = 100): string =>
  `"${safeText(name.length <= max ? name : `${name.slice(0, max - 1)}…`)}"`

/** @returns `"a"`, `"a" and "b"`, `"a", "b" and 3 more` */
export const namesOf = (names: readonly string[], shown = 5): string => {
  const told = names.slice(0, shown).map(name => quoted(name))
  const more = names.length - told.length
  if (more > 0) return `${told.join(', ')} and ${more.toLocaleString('en')} more`
  const last = told.pop() ?? ''
  return told.length > 0 ? `${told.join(', ')} and ${last}` : last
}

/** @returns `A sentence.` */
export const sentence = (clause: string): string =>
  `${clause.slice(0, 1).toUpperCase()}${clause.slice(1)}.`

/** Texts of one order, whatever order they came in; no locale of a machine decides. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
