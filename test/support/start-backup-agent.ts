import type { ClientOnPool } from './pool-client.ts'
import { PASSPHRASE, type Site, startProgram } from './site.ts'

/** A process that backs up one VM, the VM `web` unless told; `settings` as in processes/backup-agent.ts. */
export const startBackupAgent = (
  client: ClientOnPool,
  { address }: Site,
  settings: { jobId: string; vmUuid?: string; [more: string]: unknown },
) =>
  startProgram('test/support/processes/backup-agent.ts', [], {
    BACKUP_AGENT: JSON.stringify({
      ...{ pool: client.options, vmUuid: client.pool.vms.web, address, passphrase: PASSPHRASE },
      ...settings,
    }),
  })
