import type { StorageGrant } from '../contracts/gateway-api.ts'
import type { LockPolicy } from '../contracts/points.ts'
import type { Purpose } from './purpose.ts'

export interface GrantRequest {
  gatewayId: string
  /** Left out for a look at the repository, of no job. */
  jobId?: string
  purpose: Purpose
  lock?: LockPolicy | undefined
  /** Where a gateway has confirmed it; before that nobody knows which repository lies there. */
  repositoryId?: string | undefined
}

/**
 * Storage credentials of gateways. AWS: AssumeRole with a session policy.
 * Errors of every method: `GRANTS_UNAVAILABLE` (retryable), `GRANT_REFUSED`.
 */
export interface Grants {
  /** @returns `undefined` where the store asks for none, or each gateway brings its own; to `compare`, where the control plane knows of no second copy */
  issue(request: GrantRequest): Promise<StorageGrant | undefined>
  /**
   * Ends what was given out to a gateway, and what may be given out to a call of it that is under way. May be repeated.
   * @param forget gateways that were revoked so long ago that no session of theirs can live
   */
  revoke(gatewayId: string, forget: readonly string[]): Promise<void>
}

/** For a directory, and for a control plane that has no storage credentials to give: each gateway brings its own. */
export const noGrants: Grants = {
  issue: async () => undefined,
  revoke: async () => {},
}
