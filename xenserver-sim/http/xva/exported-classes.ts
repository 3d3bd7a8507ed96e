import type { ClassName } from '../../xapi/records/index.ts'

/** The classes of an archive in the order in which they are written. A simulated pool has no GPUs and no PVS. */
export const exportedClasses = [
  'host',
  'VM',
  'VM_metrics',
  'VM_guest_metrics',
  'VBD',
  'VIF',
  'network',
  'VDI',
  'SR',
  'VTPM',
] as const satisfies ClassName[]

export type ExportedClass = (typeof exportedClasses)[number]
