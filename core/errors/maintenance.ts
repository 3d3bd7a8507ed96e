import { XenkeepError } from './base.ts'

/** Nobody may work on the repository itself. */
export class NoMaintenanceGatewayError extends XenkeepError {
  readonly code = 'NO_MAINTENANCE_GATEWAY'
  constructor() {
    super('No enrolled gateway is marked for maintenance, so nothing can be removed or verified.', {
      advice:
        'Choose the gateway that may do it, and mark it with "xenkeep gateways set NAME --maintenance".',
    })
  }
}

/** The store does not let this gateway remove anything. */
export class MaintenanceDeniedError extends XenkeepError {
  readonly code = 'MAINTENANCE_DENIED'
  constructor(address: string, cause: unknown) {
    super(`This gateway may not remove anything from the repository at ${address}.`, {
      advice:
        'Give it the rights of the maintenance role (docs/maintenance.md), or mark another gateway for maintenance.',
      cause,
    })
  }
}
