import { copyAudit as copy } from '#core/audit/copy.ts'
import type { Ports } from '../ports.ts'
import { eventHandler } from '../runtime.ts'

/** Copies the records of what was done to where they are locked; comes again and again. */
export const copyAudit =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>) =>
  async (): Promise<{ copied: number }> => ({
    copied: await copy(ports),
  })

export const handler = eventHandler(copyAudit)
