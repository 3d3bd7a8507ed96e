import { countText } from '../count-text.ts'

/** The sentence that tells of VMs that a selection takes and that no backup can take, with their number; wherever they are left out. */
export const discardedLine = (count: number): string =>
  `${countText(count, 'pooled desktop')} not backed up: content is discarded at logoff.`

/** The same of one VM. */
export const DISCARDED_WHY =
  'Left out: content is discarded at logoff. XenServer resets its disks at each boot and takes no snapshot of them; back up its master image instead.'
