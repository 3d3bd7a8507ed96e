import type { State } from '../state.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'
import { ROLES, type Role } from './users.ts'

const roleOf = (state: State, session: Ref): Role => {
  const { auth_user_name } = state.database.get('session', session)
  return state.credentials.others.find(({ user }) => user === auth_user_name)?.role ?? 'pool-admin'
}

/** Throws RBAC_PERMISSION_DENIED [permission, message]. Only handlers for administrators ask; calls are open to all roles here. */
export const assertRole = (state: State, session: Ref, least: Role, permission: string): void => {
  if (ROLES.indexOf(roleOf(state, session)) <= ROLES.indexOf(least)) return
  throw new XapiError(
    'RBAC_PERMISSION_DENIED',
    permission,
    `No permission in user session. (Roles with this permission: ${ROLES.slice(0, ROLES.indexOf(least) + 1).join(', ')})`,
  )
}
