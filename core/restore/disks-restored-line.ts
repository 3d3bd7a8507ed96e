import type { RestoreNewDisksReport } from '../contracts/restore-new-disks.ts'

/** One line on a restore of single disks. */
export const disksRestoredLine = ({ disks }: RestoreNewDisksReport): string => {
  const names = disks.map(({ userdevice, vdiUuid, name, attached }) => {
    const where = attached ? `, on "${attached.vmName}" as device ${attached.userdevice}` : ''
    return `disk ${userdevice} as "${name}" (VDI ${vdiUuid}${where})`
  })
  return `restored ${names.join(', ')}: content proven equal to the point.`
}
