/** XAPI's roles, the mightiest first. */
export const ROLES = [
  'pool-admin',
  'pool-operator',
  'vm-power-admin',
  'vm-admin',
  'vm-operator',
  'read-only',
] as const
export type Role = (typeof ROLES)[number]

/** Somebody beside the pool's own user, who is a pool-admin. */
export interface User {
  readonly user: string
  readonly password: string
  readonly role: Role
}
