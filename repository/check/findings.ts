import type { DamageError } from '#core/errors/repository.ts'
import type { AffectedExtent, Finding } from './report.ts'

/** Collects damage, one finding for each damaged thing, with all that it strikes. */
export class Findings {
  readonly #byThing = new Map<string, Finding>()

  /** @param offset bytes from the start of the object, where just one record is concerned */
  add(damage: DamageError, offset?: number): Finding {
    const thing = `${damage.object} ${offset ?? ''} ${damage.code}`
    const known = this.#byThing.get(thing)
    if (known) return known
    const finding: Finding = {
      code: damage.code,
      object: damage.object,
      ...(offset === undefined ? {} : { offset }),
      message: damage.message,
      affected: [],
    }
    this.#byThing.set(thing, finding)
    return finding
  }

  /** Neighbouring stretches of one disk or stream become one. */
  affect(finding: Finding, extent: AffectedExtent): void {
    const last = finding.affected.at(-1)
    const continues =
      last?.pointId === extent.pointId &&
      last.vmUuid === extent.vmUuid &&
      last.diskId === extent.diskId &&
      last.streamId === extent.streamId &&
      last.offset + last.length === extent.offset
    if (last && continues) last.length += extent.length
    else finding.affected.push(extent)
  }

  get all(): Finding[] {
    return [...this.#byThing.values()]
  }
}
