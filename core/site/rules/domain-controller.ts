import type { RestoreWishes } from '../../contracts/restore.ts'
import { DcNotResumableError, GenerationIdKeptError } from '../../errors/restore-rules.ts'
import type { Breach } from './breach.ts'
import { breachOfTombstoneLife, knownTombstoneLife } from './tombstone-life.ts'

/** How one knows that a VM is a domain controller: in words that fit into brackets. */
export interface DomainController {
  known: string
  /** For how long its domain keeps what was deleted, as far as somebody asked it. */
  tombstoneDays?: number | undefined
}

/** XenServer tag of a VM that is a domain controller: for pools without a site definition. */
export const DC_TAG = 'xenkeep-role:dc'

/**
 * A domain controller is one where a site definition says so, or a tag of the VM, as the point kept it. Nothing else shows it from outside: a
 * name or an operating system would be a guess.
 * @param tags VM.tags
 */
export const domainControllerOf = (
  tags: unknown,
  site: { toldBy: string; tombstoneDays?: number | undefined } | undefined,
): DomainController | undefined => {
  if (site) return { known: site.toldBy, tombstoneDays: site.tombstoneDays }
  return Array.isArray(tags) && tags.includes(DC_TAG) ? { known: `its tag "${DC_TAG}"` } : undefined
}

/**
 * What a restore of a domain controller as a VM would break.
 *
 * Every way that makes the VM anew gives it another VM-GenerationID (`VM.create` gets "0:0", the importer and `VM.revert` renew it); writing
 * into its disks does not, so the directory would find the value that it remembers.
 * @param taken of the point, ms since 1970
 */
export const breachesOfDomainController = (
  { known, tombstoneDays }: DomainController,
  { taken, wishes }: { taken: number; wishes: RestoreWishes },
  now: number,
): (Breach | undefined)[] => [
  breachOfTombstoneLife({ taken, life: knownTombstoneLife(tombstoneDays) }, now),
  wishes.identity === 'disks-only'
    ? { rule: 'generation-id', error: new GenerationIdKeptError(known) }
    : undefined,
  wishes.resume
    ? { rule: 'resume-domain-controller', error: new DcNotResumableError(known) }
    : undefined,
]

/** What whoever restored a domain controller has to see to. */
export const notesOnDomainController = ({ known }: DomainController): string[] => [
  `The VM is a domain controller (${known}): it has a new VM-GenerationID, so at its start it takes a new invocation id, drops its RID pool and fetches SYSVOL from a partner; look for the events 1109 and 2170 in its Directory Service log.`,
  'Where it is the first domain controller of its domain to come back, it has no partner to fetch from: make its SYSVOL authoritative (msDFSR-Options=1).',
]
