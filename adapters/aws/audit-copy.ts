import { EnvironmentMissingError } from '#core/errors/settings.ts'
import type { AuditCopy } from '#core/ports.ts'

/** How long copies are locked unless told: a year, and time to read them. */
const DAYS = 400

/**
 * Copies of audit records in a bucket with Object Lock.
 * @param environment `AWS_REGION` names the chain, `XENKEEP_AUDIT_COPY` the bucket (`s3://bucket/prefix`), `XENKEEP_AUDIT_LOCK` how the copies are
 *   locked (`governance 400`, the number in days)
 */
export const auditCopyOf = ({
  AWS_REGION: chain = 'main',
  XENKEEP_AUDIT_COPY: address,
  XENKEEP_AUDIT_LOCK: lock = '',
}: NodeJS.ProcessEnv): AuditCopy => {
  const [, mode, days] = /^(governance|compliance) (\d{1,5})$/.exec(lock) ?? []
  return {
    chain,
    lock: { mode: mode === 'compliance' ? mode : 'governance', days: Number(days ?? DAYS) },
    open: async () => {
      if (!address) throw new EnvironmentMissingError('XENKEEP_AUDIT_COPY')
      // Only when it is needed: most functions never do.
      const { openS3 } = await import('./open-s3.ts')
      return openS3(address, {})
    },
  }
}
