import { MaintenanceDeniedError } from '#core/errors/maintenance.ts'
import { StoreDeniedError } from '#core/errors/store.ts'

/**
 * Runs what removes something.
 * @throws `MAINTENANCE_DENIED` where the store refuses, and what `work` throws
 */
export const withRightToRemove = async <T>(address: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof StoreDeniedError ? new MaintenanceDeniedError(address, error) : error
  }
}
