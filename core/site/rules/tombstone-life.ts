import { PointPastTombstoneError } from '../../errors/restore-rules.ts'
import type { Breach } from './breach.ts'

const DAY = 86_400_000 // ms

/** For how long a domain keeps what was deleted in it, and how that is known: in words that fit into brackets. */
export interface TombstoneLife {
  days: number
  known: string
}

/**
 * Where `tombstoneLifetime` has no value. The attribute of forests that Windows Server 2003 SP1 or newer made says 180; without a value it is
 * 60 days (Microsoft, "The resultant backup lifetime in this forest should be equal to or greater than 180 days").
 */
const DAYS_WITHOUT_VALUE = 60
/** Of forests since Windows Server 2003 SP1: what to reckon with where nobody asked the domain. */
const USUAL_DAYS = 180
/** Less than this the directory does not take for an answer. */
const LEAST_DAYS = 2

/** What LDAP says: the attributes of `CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,…`. */
export interface DirectoryService {
  /** `tombstoneLifetime`, days; without a value where it is not set. */
  tombstoneLifetime?: string | undefined
  /** `msDS-DeletedObjectLifetime`, days; counts where the Recycle Bin is on, and is that of tombstones where it has no value. */
  deletedObjectLifetime?: string | undefined
}

const daysIn = (text: string | undefined): number | undefined => {
  const days = Number(text)
  return text === undefined || !Number.isInteger(days) || days < 0 ? undefined : days
}

/** Backups serve no longer than the shorter of both lives: Microsoft calls that the resultant backup lifetime. */
export const tombstoneLifeOf = (service: DirectoryService): TombstoneLife => {
  const tombstones = daysIn(service.tombstoneLifetime)
  const deleted = daysIn(service.deletedObjectLifetime)
  const days = Math.max(LEAST_DAYS, tombstones ?? DAYS_WITHOUT_VALUE)
  if (deleted !== undefined && deleted < days)
    return {
      days: Math.max(LEAST_DAYS, deleted),
      known: 'msDS-DeletedObjectLifetime of the domain',
    }
  return {
    days,
    known:
      tombstones === undefined
        ? 'tombstoneLifetime has no value in the domain, which means 60 days'
        : 'tombstoneLifetime of the domain',
  }
}

/** @param days as somebody read them, e.g. when the point was made; without, the usual 180 days are taken */
export const knownTombstoneLife = (days?: number): TombstoneLife =>
  days === undefined
    ? { days: USUAL_DAYS, known: 'the usual life; the domain was not asked' }
    : { days: Math.max(LEAST_DAYS, days), known: 'tombstoneLifetime of the domain' }

/** @param taken ms since 1970 */
export const breachOfTombstoneLife = (
  { taken, life }: { taken: number; life: TombstoneLife },
  now: number,
): Breach | undefined => {
  const age = now - taken
  if (age <= life.days * DAY) return undefined
  const error = new PointPastTombstoneError(Math.ceil(age / DAY), life.days, life.known)
  return { rule: 'tombstone-life', error }
}

/** @param keptDays for how long a policy keeps points of a domain controller at most @returns what an administrator should know, if anything */
export const retentionPastTombstone = (
  keptDays: number,
  life: TombstoneLife,
): string | undefined =>
  keptDays > life.days
    ? `Points of the domain controller are kept for up to ${keptDays} days, and serve for a restore for ${life.days} days only (${life.known}); older ones are worth keeping for their files alone.`
    : undefined
