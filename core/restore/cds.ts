import type { VmMetadata } from '../points/vm-metadata.ts'

type Cd = VmMetadata['cds'][number]

/** An ISO image that the pool has. */
export interface IsoFact {
  uuid: string
  /** XAPI VDI.location: the file name in its library. */
  location: string
}

/** A CD drive, and the image to put into it. */
export interface CdPlan {
  cd: Cd
  isoUuid?: string
}

/** Finds the image of each drive again by its file name, as XAPI's own import does. */
export const planCds = (
  cds: readonly Cd[],
  isos: readonly IsoFact[],
): { plans: CdPlan[]; notes: string[] } => {
  const plans = cds.map((cd): CdPlan => {
    const iso = cd.iso && isos.find(({ location }) => location === cd.iso?.location)
    return { cd, ...(iso && { isoUuid: iso.uuid }) }
  })
  return {
    plans,
    notes: plans
      .filter(({ cd, isoUuid }) => cd.iso && !isoUuid)
      .map(({ cd }) => `The image "${cd.iso?.name}" is not in this pool; its drive is empty.`),
  }
}
